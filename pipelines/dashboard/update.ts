/**
 * Messages of a dashboard's server to a page: everything at first, then what is new.
 *
 * There is no queue of messages. A page is sent what it has not received yet, however long it did not listen, so a slow
 * one costs no memory and misses nothing that still holds.
 *
 * @module
 */
import type { RunDescription } from "../core/env.ts";
import type { ClassCodes, Findings } from "../core/findings.ts";
import type { History, Row } from "../core/history.ts";
import type { Model } from "../report/figures/model_diagram.ts";

/** Default port of the dashboard. */
export const DASHBOARD_PORT = 7377;

/** Paths on the dashboard's server. */
export const paths = {
  page: "/",
  icon: "/icon.svg",
  events: "/events",
} as const;

// ---- Findings as a message

/** A run's findings but for the class codes, which are sent in a form of their own. */
export type Looks = Omit<Findings, "classCodes">;

/** The findings without the class codes. */
const looksOf = ({ evaluation, reconstructions, explanations }: Findings): Looks => ({
  evaluation,
  reconstructions,
  explanations,
});

/** The findings before anything was evaluated. */
export const noLooks: Looks = { evaluation: null, reconstructions: [], explanations: [] };

/** A value that JSON can hold. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** {@linkcode Looks} as JSON holds them: an array of numbers carries its kind. */
export interface SentLooks {
  readonly evaluation: Plain;
  readonly reconstructions: Plain;
  readonly explanations: Plain;
}

/** The most numbers of a part: more would be a long message after every epoch. */
const MOST_NUMBERS = 100_000;

/**
 * Writes findings for a page: fractions to four digits, and without a part of more than 100,000 numbers.
 *
 * @example
 * ```ts
 * import { noLooks, receivedLooks, sentLooks } from "./update.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(receivedLooks(JSON.parse(JSON.stringify(sentLooks(noLooks)))), noLooks);
 * ```
 */
export const sentLooks = ({ evaluation, reconstructions, explanations }: Looks): SentLooks => ({
  evaluation: small(evaluation, null),
  reconstructions: small(reconstructions, []),
  explanations: small(explanations, []),
});

/** Reads the findings on the page that they were sent to. */
export const receivedLooks = (sent: SentLooks): Looks => fromPlain({ ...sent }) as Looks;

const small = <A>(part: A, otherwise: A): Plain =>
  toPlain(numbersIn(part) > MOST_NUMBERS ? otherwise : part);

const kinds = { Float32Array, Float64Array, Uint8Array, Uint32Array, Int32Array };
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

const isNumbers = (value: unknown): value is Numbers =>
  ArrayBuffer.isView(value) && value.constructor.name in kinds;

function numbersIn(value: unknown): number {
  if (isNumbers(value)) return value.length;
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + numbersIn(part), 0);
}

function toPlain(value: unknown): Plain {
  if (isNumbers(value)) {
    const numbers = Array.from(value, (x) => Math.round(x * 1e4) / 1e4);
    return { kind: value.constructor.name, numbers };
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null) return value as Plain;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toPlain(part)]));
}

function fromPlain(value: Plain): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return value;
  const { kind, numbers } = value as { readonly [key: string]: Plain };
  return typeof kind === "string" && kind in kinds && Array.isArray(numbers)
    // JSON has null for a number that is not finite.
    ? kinds[kind as Kind].from((numbers as (number | null)[]).map((x) => x ?? NaN))
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fromPlain(part)]));
}

// ---- Messages

/** The end of a program. */
export interface RunEnd {
  /** Outcome of the run: "interrupted" by a person, "failed" by an error. */
  readonly how: "finished" | "interrupted" | "failed";
  /** Lines that it printed: results, or the error. */
  readonly lines: readonly string[];
}

/** The status of a training at one moment. */
export interface Status {
  /** Seconds since the program began. */
  readonly seconds: number;
  /** Epoch, counted from 1; 0 before the first. */
  readonly epoch: number;
  /** Number of epochs of the training; null where it is unknown. */
  readonly epochs: number | null;
  /** Part of the epoch that is done, in [0, 1]. */
  readonly part: number;
  /** Seconds that the training has left; null before it began and where it is unknown. */
  readonly secondsLeft: number | null;
  /** Mean loss over the epoch so far; null before the first. */
  readonly loss: number | null;
  /** Speed of training; null before the first epoch. */
  readonly samplesPerSecond: number | null;
  /** Device that computes; null before it is started. */
  readonly backend: string | null;
  /** Memory of the process, in bytes. */
  readonly memory: number;
  /** Memory that tensors take of that, in bytes, and their number. */
  readonly tensors: { readonly bytes: number; readonly count: number };
  /** Model as it is, as `show` prints it; null before there is one. */
  readonly graph: string | null;
  /** Last line that was logged; null before the first. */
  readonly said: string | null;
}

/** A row as JSON holds it: its value is null where it was not finite, and then read as NaN. */
export type SentRow = Omit<Row, "value"> & { readonly value: number | null };

/** The codes of classes as plain numbers, to four digits. */
export interface SentCodes {
  readonly classes: readonly string[];
  readonly means: readonly (readonly number[])[];
  readonly codes: readonly (readonly number[])[];
}

/** One message to a page. */
export interface Update {
  /** Whether it is the first of a connection: the page's former state may be that of another program. */
  readonly first: boolean;
  /** Number of the run in the program, counted from 0: a new one forgets the rows of the last. */
  readonly run: number;
  /** Number of rows of the run before these. */
  readonly from: number;
  /** Rows that are new to the page. */
  readonly rows: readonly SentRow[];
  /** Description of the run; null where it is not known, or was sent before. */
  readonly about: RunDescription | null;
  /** Model; null where there is none, or where it was sent before. */
  readonly model: Model | null;
  /** Class codes; null where there are none or too many, or where they were sent before. */
  readonly classCodes: SentCodes | null;
  /** Remaining findings; null where they were sent before. */
  readonly looks: SentLooks | null;
  /** Status at this moment. */
  readonly status: Status;
  /** End of the program; null while it runs. */
  readonly end: RunEnd | null;
}

/** Everything that a page can be sent. */
export interface Known extends Pick<Update, "run" | "end"> {
  /** Description of the run; null before the data is there. */
  readonly about: RunDescription | null;
  /** Model; null before there is one. */
  readonly model: Model | null;
  /** Class codes of the last evaluation; null before it. */
  readonly classCodes: ClassCodes | null;
  /** Findings of the last stages that left any. */
  readonly looks: Looks;
  /** History of the run that goes on. */
  readonly history: History;
}

/** State of a page: the last values that it was sent. */
export interface Cursor {
  /** Run, counted from 0. */
  readonly run: number;
  /** Number of rows of that run. */
  readonly rows: number;
  readonly about: RunDescription | null;
  readonly model: Model | null;
  readonly classCodes: ClassCodes | null;
  readonly looks: Looks;
}

/** Cursor of a page that was sent nothing. */
export const nothing: Cursor = {
  run: -1,
  rows: 0,
  about: null,
  model: null,
  classCodes: null,
  looks: noLooks,
};

/** The knowledge of a program that has not begun. */
export const unknown: Known = {
  run: 0,
  history: [],
  about: null,
  model: null,
  classCodes: null,
  looks: noLooks,
  end: null,
};

/**
 * Takes in the history of a run. One that does not continue the last belongs to another run.
 *
 * @example
 * ```ts
 * import { unknown, withHistory } from "./update.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const row = { epoch: 1, step: 10, split: "train", name: "loss", value: 0.5 } as const;
 * const one = withHistory(unknown, [row]);
 * assertEquals(withHistory(one, [row, row]).run, 0);
 * assertEquals(withHistory(one, []).run, 1);
 * ```
 */
export function withHistory(known: Known, history: History): Known {
  const last = known.history.length - 1;
  const continues = last < 0 || history[last] === known.history[last];
  return { ...known, history, run: continues ? known.run : known.run + 1 };
}

/** Takes in the model: the same where it is the same. */
export function withModel(known: Known, { graph, input }: Model): Known {
  const { model } = known;
  return model?.graph === graph && model.input === input
    ? known
    : { ...known, model: { graph, input } };
}

/** Takes in a run's findings; unchanged ones stay the same value. */
export function withFindings(known: Known, findings: Findings): Known {
  const { looks } = known;
  const { classCodes, evaluation, reconstructions, explanations } = findings;
  const same = looks.evaluation === evaluation && looks.reconstructions === reconstructions &&
    looks.explanations === explanations;
  if (same && known.classCodes === classCodes) return known;
  return { ...known, classCodes, looks: same ? looks : looksOf(findings) };
}

/** Makes the message for a page at a cursor, and the cursor after it. */
export function updateSince(
  known: Known,
  status: Status,
  cursor: Cursor,
): readonly [Update, Cursor] {
  const { run, history, about, model, classCodes, looks, end } = known;
  const from = cursor.run === run ? cursor.rows : 0;
  const rows = history.slice(from).map((row): SentRow =>
    Number.isFinite(row.value) ? row : { ...row, value: null }
  );
  const first = cursor === nothing;
  const news = about === cursor.about ? null : about;
  const changed = model === cursor.model ? null : model;
  const codes = classCodes === cursor.classCodes ? null : sentCodes(classCodes);
  const seen = looks === cursor.looks ? null : sentLooks(looks);
  return [
    {
      first,
      run,
      from,
      rows,
      about: news,
      model: changed,
      classCodes: codes,
      looks: seen,
      status,
      end,
    },
    { run, rows: history.length, about, model, classCodes, looks },
  ];
}

/** Largest count of numbers in class codes: more would be a long message, and an unreadable figure. */
const MOST_CELLS = 20_000;

function sentCodes(classCodes: ClassCodes | null): SentCodes | null {
  if (classCodes === null) return null;
  const { classes, means, codes } = classCodes;
  if (classes.length * (means[0]?.length ?? 0) > MOST_CELLS) return null;
  const plain = (rows: readonly Float32Array[]) =>
    rows.map((row) => Array.from(row, (value) => Math.round(value * 1e4) / 1e4));
  return { classes, means: plain(means), codes: plain(codes) };
}

/** Returns the history of a page after a message. */
export function mergeRows(
  known: { readonly run: number; readonly history: History },
  { run, from, rows }: Pick<Update, "run" | "from" | "rows">,
): History {
  if (rows.length === 0 && run === known.run) return known.history;
  const before = run === known.run ? known.history.slice(0, from) : [];
  return [...before, ...rows.map((row): Row => ({ ...row, value: row.value ?? NaN }))];
}
