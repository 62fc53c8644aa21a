/**
 * The progress of training on a terminal.
 *
 * @module
 */
import cliProgress from "npm:cli-progress@3.12.0";
import process from "node:process";
import type { Progress, TrainingProgress } from "../env.ts";

/**
 * A bar with loss, samples per second and the time left of the whole training, on standard error.
 *
 * @param epochs How many there will be.
 * @param now Milliseconds that only grow.
 */
export function progressBar(epochs: number, now: () => number): Progress {
  const begun = now();
  return bar("epoch {epoch}/{epochs}", "  {left} left", ({ epoch, done, total }) => {
    const gone = epoch - 1 + done / total;
    const seconds = (now() - begun) / 1000 / gone * (epochs - gone);
    return { epochs, left: duration(seconds) };
  });
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

/** A length of time as a person says it: 45 s, 3 min 20 s, 1 h 05 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${
    String(Math.floor(whole / 60) % 60).padStart(2, "0")
  } min`;
}
