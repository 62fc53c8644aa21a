/**
 * The progress of training on a terminal.
 *
 * @module
 */
import type { Observer, Progress, TrainingProgress } from "../env.ts";
import { rowsNamed } from "../history.ts";
import { type Colours, plain, progressLine } from "./progress_line.ts";
import { colour } from "./std.ts";

export { duration } from "./duration.ts";

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
