/**
 * The progress of training on a terminal.
 *
 * @module
 */
import * as colors from "npm:deno-std@1.4.0/fmt/colors.js";
import type { Observer, Progress, TrainingProgress } from "../core/env.ts";
import { duration, secondsLeft } from "./text.ts";
import { rowsNamed } from "../core/history.ts";

// What the command line takes from Deno's standard library, with types: its copy on npm ships none.

/** Text in a colour of the terminal's; as it is where `NO_COLOR` is set. */
const colour: Readonly<Record<"cyan" | "dim" | "green", (text: string) => string>> = colors;

// The progress of a training as one line of text.

/** What the line tells. */
export interface LineState {
  readonly progress: TrainingProgress;
  /** How many epochs there will be; null where nobody knows. */
  readonly epochs: number | null;
  /** Since the training began. */
  readonly seconds: number;
  /** On test, of the epochs that are done, in 0..1; may be empty. */
  readonly accuracies: readonly number[];
}

/** How parts of the line are set off: as they are where colours are not wanted. */
export interface Colours {
  readonly bar: (text: string) => string;
  readonly rest: (text: string) => string;
  readonly spark: (text: string) => string;
}

/** None. */
const plain: Colours = { bar: (text) => text, rest: (text) => text, spark: (text) => text };

const BAR = 24;
const SPARKS = "▁▂▃▄▅▆▇█";

/** So many of the last epochs are in the line. */
const MOST_SPARKS = 16;

/**
 * Values as a row of little bars, from the least to the largest of them.
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
 * The line: epoch, bar, loss, speed, the time that is left, and a sparkline of the test accuracy of the
 * last epochs. Once all steps of an epoch are done it says "evaluating", which is what follows. What has
 * no room is left out, from the right.
 *
 * @param columns The line's width in characters; it is at most so long.
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
  { progress, epochs, seconds, accuracies }: LineState,
  columns: number,
  colours: Colours = plain,
): string {
  const { epoch, done, total, loss, samplesPerSecond } = progress;
  const part = Math.min(1, done / total);
  const full = Math.round(part * BAR);
  const newest = accuracies.at(-1);
  const sparks = accuracies.length < 2 ? "" : sparkline(accuracies.slice(-MOST_SPARKS));
  const left = epochs === null ? Infinity : secondsLeft(progress, epochs, seconds);
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

export { duration } from "./text.ts";

/** Milliseconds between two drawings of the bar: faster than this nobody reads. */
const INTERVAL = 100;

/** Where a bar is drawn. */
export interface Terminal {
  /** Writes at once. */
  readonly write: (text: string) => void;
  /** Characters of a line. */
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

/** Back to the beginning of the line, and nothing behind. */
const ERASE = "\r\x1b[K";

/** A bar, and who tells it how accurate the model is. */
export interface Bar {
  readonly progress: Progress;
  /** To be shown every run, as a dashboard is. */
  readonly observer: Observer;
}

/**
 * A bar with loss, samples per second, the time left of the whole training and a sparkline of the test
 * accuracy, on a terminal.
 *
 * @param epochs How many there will be; null where nobody knows: then there is no time left either.
 * @param now Milliseconds that only grow.
 */
export function progressBar(
  epochs: number | null,
  now: () => number,
  terminal: Terminal = standardError,
): Bar {
  const begun = now();
  let drawn = -Infinity;
  let newest: TrainingProgress | null = null;
  let accuracies: readonly number[] = [];
  const draw = (progress: TrainingProgress) => {
    drawn = now();
    const state = { progress, epochs, seconds: (drawn - begun) / 1000, accuracies };
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
      about: () => {},
      run: ({ history }) => {
        if (rowsNamed(history, "accuracy", "test").length === 0) return accuracies = [];
        accuracies = rowsNamed(history, "accuracy", "test")
          .filter(({ epoch }) => epoch > 0).map(({ value }) => value);
      },
    },
  };
}
