/**
 * A history read from its file.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { CorruptFile } from "../graph/error.ts";
import type { History, Row, SplitName } from "./history.ts";

/**
 * The history of JSON lines, as `toJsonLines` writes them.
 *
 * @param file What to call it in an error.
 * @returns The rows; a value that was not finite, which JSON has as null, is NaN. `CorruptFile` naming
 * the first line that is not a row.
 *
 * @example
 * ```ts
 * import { toJsonLines } from "./history.ts";
 * import { fromJsonLines } from "./history_file.ts";
 * import { E } from "../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const history = [{ epoch: 1, step: 9, split: "test", name: "accuracy", value: 0.9 }] as const;
 * assertEquals(fromJsonLines("metrics.jsonl", toJsonLines(history)), E.right(history));
 * ```
 */
export function fromJsonLines(file: string, text: string): E.Either<CorruptFile, History> {
  const rows: Row[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const row = rowOf(line);
    if (row === null) {
      const reason = `expected {"epoch", "step", "split", "name", "value"} in line ${i + 1}, ` +
        `current value is ${line.slice(0, 80)}`;
      return E.left({ _tag: "CorruptFile", file, reason });
    }
    rows.push(row);
  }
  return E.right(rows);
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isSplit = (value: unknown): value is SplitName =>
  ["train", "validation", "test", "run"].includes(String(value));

function rowOf(line: string): Row | null {
  try {
    const { epoch, step, split, name, value } = JSON.parse(line);
    return isCount(epoch) && isCount(step) && isSplit(split) && typeof name === "string" &&
        (typeof value === "number" || value === null)
      ? { epoch, step, split, name, value: value ?? NaN }
      : null;
  } catch {
    return null;
  }
}
