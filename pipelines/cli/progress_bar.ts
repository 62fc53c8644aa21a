/**
 * The progress of a training on a terminal: one line with a bar, the loss, the time left and a sparkline.
 *
 * @module
 */
import * as colors from "npm:deno-std@1.4.0/fmt/colors.js";
import type { Observer, Progress, RunDescription, TrainingProgress } from "../core/env.ts";
import { rowsNamed } from "../core/history.ts";
import { duration, secondsLeft } from "./text.ts";

/** Colours text for a terminal, unless `NO_COLOR` is set. The package ships no types. */
const colour: Readonly<Record<"cyan" | "dim" | "green", (text: string) => string>> = colors;

/** Milliseconds between two drawings of the bar: nobody reads faster. */
const INTERVAL = 100;

/** The terminal that a bar is drawn on. */
export interface Terminal {
  /** Writes text at once. */
  readonly write: (text: string) => void;
  /** Returns the number of characters of a line. */
  readonly columns: () => number;
  /** Whether `NO_COLOR` is unset. */
  readonly coloured: boolean;
}

/** The terminal that standard error goes to. */
const standardError: Terminal = {
  write: (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
  },
  columns: () => {
    try {
      return Deno.consoleSize().columns || 80;
    } catch {
      return 80;
    }
  },
  coloured: !Deno.noColor,
};

const colours: Colours = { bar: colour.cyan, rest: colour.dim, spark: colour.green };

/** Moves to the beginning of the line, and clears it. */
const ERASE = "\r\x1b[K";

/** A progress bar, or its substitute. */
export interface Bar {
  /** Progress of an environment: draws the bar. */
  readonly progress: Progress;
  /** Observer of an environment: takes the number of epochs, and the accuracies from every run. */
  readonly observer: Observer;
}

/**
 * Makes a progress bar on a terminal: loss, samples per second, the time left of the whole training and a
 * sparkline of the test accuracy.
 *
 * @param epochs Number of epochs of the training; null where nobody knows, and then no time left is shown, unless
 * the run's description says it.
 * @param now Monotonic clock, in milliseconds.
 */
export function progressBar(
  epochs: number | null,
  now: () => number,
  terminal: Terminal = standardError,
): Bar {
  const clock = clockOf(epochs, now);
  let drawn = -Infinity;
  let newest: TrainingProgress | null = null;
  let accuracies: readonly number[] = [];
  const draw = (progress: TrainingProgress) => {
    drawn = now();
    const state = { progress, ...clock.at(progress), accuracies };
    // In the last column a terminal would begin a new line.
    const line = progressLine(state, terminal.columns() - 1, terminal.coloured ? colours : plain);
    terminal.write(ERASE + line);
  };
  return {
    progress: {
      update: (progress) => {
        const changed = newest?.epoch !== progress.epoch || progress.done >= progress.total;
        newest = progress;
        if (changed || now() - drawn >= INTERVAL) draw(progress);
      },
      clear: () => {
        if (newest !== null) terminal.write(ERASE);
        newest = null;
      },
    },
    observer: {
      about: clock.about,
      run: ({ history }) => {
        if (rowsNamed(history, "accuracy", "test").length === 0) return accuracies = [];
        accuracies = rowsNamed(history, "accuracy", "test")
          .filter(({ epoch }) => epoch > 0).map(({ value }) => value);
      },
    },
  };
}

/**
 * Makes a progress bar of files that are read: their number, that of all, and the time left. It is removed with the
 * last one.
 *
 * @param now Monotonic clock, in milliseconds.
 * @returns Takes the number of files that are done, and of all.
 */
export function loadingBar(
  now: () => number,
  terminal: Terminal = standardError,
): (done: number, total: number) => void {
  let begun = now();
  let drawn = -Infinity;
  let before = 0;
  return (done, total) => {
    // Another folder begins.
    if (done <= before) [begun, drawn] = [now(), -Infinity];
    before = done;
    if (done >= total) return terminal.write(drawn === -Infinity ? "" : ERASE);
    // What is read at once has no bar.
    if (now() - Math.max(drawn, begun + 4 * INTERVAL) < INTERVAL) return;
    drawn = now();
    const seconds = (drawn - begun) / 1000;
    const line = loadingLine(done, total, seconds, terminal.columns() - 1);
    terminal.write(ERASE + line);
  };
}

/**
 * Writes the line of {@linkcode loadingBar}. Parts that do not fit are left out, from the right.
 *
 * @param seconds Time since the first file was begun.
 * @param columns The largest width of the line, in characters.
 *
 * @example
 * ```ts
 * import { loadingLine } from "./progress_bar.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   loadingLine(250, 1000, 10, 80),
 *   "reading ██████░░░░░░░░░░░░░░░░░░  25 %  250/1,000 images  30 s left",
 * );
 * ```
 */
export function loadingLine(
  done: number,
  total: number,
  seconds: number,
  columns: number,
): string {
  const part = done / total;
  const full = Math.round(part * BAR);
  return fitting(
    [
      "reading",
      ` ${"█".repeat(full)}${"░".repeat(BAR - full)}`,
      ` ${String(Math.floor(100 * part)).padStart(3)} %`,
      `  ${done.toLocaleString("en")}/${total.toLocaleString("en")} images`,
      `  ${duration(seconds * (1 - part) / part)} left`,
    ].map(same),
    columns,
  );
}

/** Milliseconds of training after which {@linkcode plainProgress} tells the time left. */
const TOLD_AFTER = 10_000;

/**
 * Stands in for the bar where there is no terminal to draw on: an epoch that takes long has one line in it, which
 * tells the time left of the whole training. After an epoch its own line does.
 *
 * @param epochs Epochs as for {@linkcode progressBar}.
 * @param now Monotonic clock, in milliseconds.
 * @param say Prints a line.
 */
export function plainProgress(
  epochs: number | null,
  now: () => number,
  say: (line: string) => void,
): Bar {
  const clock = clockOf(epochs, now);
  let told = false;
  let first: number | null = null;
  return {
    progress: {
      update: (progress) => {
        const { epochs, seconds, from } = clock.at(progress);
        const { epoch, done, total } = progress;
        first ??= epoch;
        if (told || 1000 * seconds < TOLD_AFTER || done >= total || epochs === null) return;
        told = true;
        if (epoch > first) return;
        const left = duration(secondsLeft(progress, epochs, seconds, from));
        say(`epoch ${epoch}/${epochs}: ${done} of ${total} steps are done, about ${left} left`);
      },
      clear: () => {},
    },
    observer: { about: clock.about, run: () => {} },
  };
}

/** Measures the time of a training from its first progress on, since loading the data is no training. */
function clockOf(known: number | null, now: () => number) {
  let epochs = known;
  let start: { readonly at: number; readonly from: number } | null = null;
  return {
    about: (about: RunDescription): void => void (epochs = about.epochs ?? epochs),
    at: ({ epoch, done, total }: TrainingProgress) => {
      start ??= { at: now(), from: epoch - 1 + done / total };
      return { epochs, seconds: (now() - start.at) / 1000, from: start.from };
    },
  };
}

// ---- The line

/** The state of a training that {@linkcode progressLine} shows. */
export interface LineState {
  /** Progress within the epoch. */
  readonly progress: TrainingProgress;
  /** Number of epochs of the training; null where it is unknown. */
  readonly epochs: number | null;
  /** Time since the training began, or went on, in seconds. */
  readonly seconds: number;
  /** Epochs that were done by then, and the part of the next one. @default {0} */
  readonly from?: number;
  /** Test accuracies of the epochs that are done, in [0, 1]; may be empty. */
  readonly accuracies: readonly number[];
}

/** The colours of the line's parts. */
export interface Colours {
  readonly bar: (text: string) => string;
  readonly rest: (text: string) => string;
  readonly spark: (text: string) => string;
}

/** Leaves text without colours. */
const plain: Colours = { bar: (text) => text, rest: (text) => text, spark: (text) => text };

const BAR = 24;
const SPARKS = "▁▂▃▄▅▆▇█";

/** The most epochs of the sparkline. */
const MOST_SPARKS = 16;

/**
 * Draws values as a row of little bars, from the least to the largest of them.
 *
 * @example
 * ```ts
 * import { sparkline } from "./progress_bar.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(sparkline([0.9, 0.95, 0.97, 0.97]), "▁▆██");
 * assertEquals(sparkline([0.9, NaN, 0.9]), "▄ ▄");
 * ```
 */
export function sparkline(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return values.map((value) => {
    if (!Number.isFinite(value)) return " ";
    const part = high > low ? (value - low) / (high - low) : 0.5;
    return SPARKS[Math.min(SPARKS.length - 1, Math.round(part * (SPARKS.length - 1) - 1e-9))];
  }).join("");
}

/**
 * Writes the line: epoch, bar, loss, speed, the time that is left, and a sparkline of the test accuracy of
 * the last epochs. Once all steps of an epoch are done it says "evaluating", which is what follows. Parts
 * that do not fit are left out, from the right.
 *
 * @param columns The largest width of the line, in characters.
 *
 * @example
 * ```ts
 * import { progressLine } from "./progress_bar.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const progress = { epoch: 2, done: 5, total: 10, loss: 0.25, samplesPerSecond: 20_000 };
 * const state = { progress, epochs: 3, seconds: 30, accuracies: [0.91] };
 * assertEquals(
 *   progressLine(state, 200),
 *   "epoch 2/3 ████████████░░░░░░░░░░░░  50 %  loss 0.2500  20,000 samples/s  30 s left  test 0.9100",
 * );
 * ```
 */
export function progressLine(
  { progress, epochs, seconds, from = 0, accuracies }: LineState,
  columns: number,
  colours: Colours = plain,
): string {
  const { epoch, done, total, loss, samplesPerSecond } = progress;
  const part = Math.min(1, done / total);
  const full = Math.round(part * BAR);
  const newest = accuracies.at(-1);
  const sparks = accuracies.length < 2 ? "" : sparkline(accuracies.slice(-MOST_SPARKS));
  const left = epochs === null ? Infinity : secondsLeft(progress, epochs, seconds, from);
  const parts: readonly (readonly [text: string, shown: string])[] = [
    same(`epoch ${epoch}${epochs === null ? "" : `/${epochs}`}`),
    [
      ` ${"█".repeat(full)}${"░".repeat(BAR - full)}`,
      ` ${colours.bar("█".repeat(full))}${colours.rest("░".repeat(BAR - full))}`,
    ],
    same(` ${String(Math.floor(100 * part)).padStart(3)} %`),
    ...(done >= total ? [same("  evaluating")] : []),
    same(`  loss ${loss.toFixed(4)}`),
    ...(done >= total
      ? []
      : [same(`  ${Math.round(samplesPerSecond).toLocaleString("en")} samples/s`)]),
    ...(Number.isFinite(left) ? [same(`  ${duration(Math.max(0, left))} left`)] : []),
    ...(newest === undefined || !Number.isFinite(newest)
      ? []
      : [same(`  test ${newest.toFixed(4)}`)]),
    ...(sparks === "" ? [] : [[` ${sparks}`, ` ${colours.spark(sparks)}`] as const]),
  ];
  return fitting(parts, columns);
}

/** Joins the parts of a line from the left, as long as they fit. */
function fitting(
  parts: readonly (readonly [text: string, shown: string])[],
  columns: number,
): string {
  let room = columns;
  let line = "";
  for (const [text, shown] of parts) {
    room -= [...text].length;
    if (room < 0) break;
    line += shown;
  }
  return line;
}

const same = (text: string): readonly [string, string] => [text, text];
