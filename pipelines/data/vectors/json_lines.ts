/**
 * Vectors of files of JSON lines (https://jsonlines.org): one array of numbers per line, or one object with such an array in a field.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import type { ByteSource } from "../../files/byte_source.ts";
import { isRecord, parseJson } from "../../files/json.ts";
import {
  chosenOf,
  type ColumnValue,
  columnValue,
  corrupt,
  noColumn,
  refuse,
  type SourceParts,
} from "./source.ts";

/** Bytes that are read at once, and from one line that is remembered to the next. */
const CHUNK = 2 ** 20;

/** The most bytes of a line: a vector of a million numbers has fewer. */
const MOST_LINE = 2 ** 26;

/** A line that is not blank. */
interface Line {
  /** The byte at which it begins. */
  readonly at: number;
  readonly text: () => string;
}

/** Goes through the lines from a byte on that are not blank. */
async function* linesFrom(bytes: ByteSource, start: number): AsyncGenerator<Line, void, void> {
  let rest = new Uint8Array();
  let at = start;
  while (at + rest.length < bytes.size || rest.length > 0) {
    const next = at + rest.length;
    const more = await orThrow(bytes.read(next, Math.min(CHUNK, bytes.size - next)));
    const whole = new Uint8Array(rest.length + more.length);
    whole.set(rest);
    whole.set(more, rest.length);
    const atEnd = next + more.length === bytes.size;
    let from = 0;
    for (let end = 0; from < whole.length; from = end + 1) {
      end = whole.indexOf(NEWLINE, from);
      if (end < 0 && !atEnd) break;
      if (end < 0) end = whole.length;
      const line = whole.subarray(from, end);
      if (!line.every(isBlank)) yield { at: at + from, text: () => decoder.decode(line) };
    }
    rest = whole.subarray(Math.min(from, whole.length)).slice();
    at += Math.min(from, whole.length);
    if (rest.length > MOST_LINE) {
      const expected = `expected lines of at most ${MOST_LINE} bytes`;
      refuse(corrupt(bytes.name, `${expected}, current value is a longer one at byte ${at}`));
    }
  }
}

const NEWLINE = 10;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const isBlank = (byte: number): boolean => byte === 32 || byte === 13 || byte === 9;

/**
 * Opens a file of JSON lines. It is read once, to count its lines and to remember where some of them begin; blank ones
 * are passed over.
 *
 * @param wanted The field of the vectors. @default "embedding", "vector" or "values", or the only field with numbers
 */
export async function openJsonLines(bytes: ByteSource, wanted?: string): Promise<SourceParts> {
  const { starts, rows, count } = await indexed(bytes);
  const first = await linesFrom(bytes, 0).next();
  if (first.done) {
    return refuse(corrupt(bytes.name, "expected lines of JSON, current value is none"));
  }
  const head = parsed(bytes.name, first.value, 0);
  const field = fieldOf(bytes.name, head, wanted);
  const vectorOf = (value: unknown, row: number): readonly number[] => {
    const vector = field === null ? value : isRecord(value) ? value[field] : undefined;
    return isVector(vector) ? vector : refuse(corrupt(
      bytes.name,
      `expected an array of numbers${field === null ? "" : ` in "${field}"`}, ` +
        `current value is ${shown(vector)} in row ${row}`,
    ));
  };
  const width = vectorOf(head, 0).length;
  /** Calls the function with the value of each line of some rows. */
  const each = async (from: number, wanted: number, use: (value: unknown, row: number) => void) => {
    let known = 0;
    while (known + 1 < rows.length && rows[known + 1] <= from) known++;
    let row = rows[known];
    for await (const line of linesFrom(bytes, starts[known])) {
      if (row >= from + wanted) break;
      if (row >= from) use(parsed(bytes.name, line, row), row);
      row++;
    }
  };
  return {
    name: bytes.name,
    count,
    width,
    block: Math.ceil(count / starts.length),
    rows: async (from, wanted) => {
      const values = new Float32Array(wanted * width);
      await each(from, wanted, (value, row) => {
        const vector = vectorOf(value, row);
        if (vector.length !== width) {
          const actual = `current value is ${vector.length} in row ${row}`;
          refuse(corrupt(bytes.name, `expected ${width} numbers, as the first row has, ${actual}`));
        }
        values.set(vector, (row - from) * width);
      });
      return values;
    },
    column: async (name) => {
      if (!isRecord(head) || !Object.hasOwn(head, name)) {
        return noColumn(bytes.name, name, isRecord(head) ? Object.keys(head) : []);
      }
      const values: ColumnValue[] = [];
      await each(0, count, (value, row) => {
        values.push(columnValue(bytes.name, isRecord(value) ? value[name] : undefined, row, name));
      });
      return values;
    },
  };
}

/** Counts the lines, and keeps the byte and the row of about one per chunk. */
async function indexed(bytes: ByteSource) {
  const [starts, rows]: [number[], number[]] = [[], []];
  let count = 0;
  for await (const { at } of linesFrom(bytes, 0)) {
    if (starts.length === 0 || at - starts[starts.length - 1] >= CHUNK) {
      starts.push(at);
      rows.push(count);
    }
    count++;
  }
  return { starts, rows, count };
}

function parsed(file: string, { at, text }: Line, row: number): unknown {
  const line = text();
  const value = parseJson(line);
  return value !== undefined ? value : refuse(
    corrupt(
      file,
      `expected JSON in row ${row}, at byte ${at}, current value is ${
        JSON.stringify(line.slice(0, 60))
      }`,
    ),
  );
}

/** The field of the vectors; null where a line is a vector itself. */
function fieldOf(file: string, head: unknown, wanted: string | undefined): string | null {
  if (!isRecord(head)) return wanted === undefined ? null : noColumn(file, wanted, []);
  const columns = Object.entries(head).map(([name, value]) => {
    const numbers = isVector(value) ? "floats" : null;
    return { name, lists: Array.isArray(value), numbers } as const;
  });
  return chosenOf(file, columns, wanted)[0].name;
}

const isVector = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === "number");

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 60);
