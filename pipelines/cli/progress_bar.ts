/**
 * The progress of training on a terminal.
 *
 * @module
 */
import cliProgress from "npm:cli-progress@3.12.0";
import process from "node:process";
import type { Progress, TrainingProgress } from "../env.ts";
import { duration } from "./duration.ts";
import { secondsLeft } from "./time_left.ts";

export { duration } from "./duration.ts";

/**
 * A bar with loss, samples per second and the time left of the whole training, on standard error.
 *
 * @param epochs How many there will be.
 * @param now Milliseconds that only grow.
 */
export function progressBar(epochs: number, now: () => number): Progress {
  const begun = now();
  return bar("epoch {epoch}/{epochs}", "  {left} left", (progress) => ({
    epochs,
    left: duration(secondsLeft(progress, epochs, (now() - begun) / 1000)),
  }));
}

/** The same for trainings whose number of epochs is not known: of the epoch alone. */
export const epochBar = (): Progress => bar("epoch {epoch}", "", () => ({}));

/** A bar between two texts, in which {name} stands for what `more` says of the progress. */
function bar(
  before: string,
  after: string,
  more: (progress: TrainingProgress) => Readonly<Record<string, unknown>>,
): Progress {
  const single = new cliProgress.SingleBar({
    format: `${before} {bar} {percentage}%  loss {loss}  {speed} samples/s${after}`,
    stream: process.stderr,
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  let shown = false;
  return {
    update: (progress) => {
      const { epoch, done, total, loss, samplesPerSecond } = progress;
      const payload = {
        epoch,
        loss: loss.toFixed(4),
        speed: Math.round(samplesPerSecond).toLocaleString("en"),
        ...more(progress),
      };
      if (shown) single.update(done, payload);
      else single.start(total, done, payload);
      shown = true;
    },
    clear: () => {
      if (shown) single.stop();
      shown = false;
    },
  };
}
