/**
 * The progress of training on a terminal.
 *
 * @module
 */
import cliProgress from "npm:cli-progress@3.12.0";
import process from "node:process";
import type { Progress } from "../env.ts";

/**
 * A bar with loss, samples per second and the time left of the whole training, on standard error.
 *
 * @param epochs How many there will be.
 * @param now Milliseconds that only grow.
 */
export function progressBar(epochs: number, now: () => number): Progress {
  const begun = now();
  const bar = new cliProgress.SingleBar({
    format: "epoch {epoch}/{epochs} {bar} {percentage}%  loss {loss}  {speed} samples/s  " +
      "{left} left",
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
    update: ({ epoch, done, total, loss, samplesPerSecond }) => {
      const gone = epoch - 1 + done / total;
      const seconds = (now() - begun) / 1000 / gone * (epochs - gone);
      const payload = {
        epoch,
        epochs,
        loss: loss.toFixed(4),
        speed: Math.round(samplesPerSecond).toLocaleString("en"),
        left: duration(seconds),
      };
      if (shown) bar.update(done, payload);
      else bar.start(total, done, payload);
      shown = true;
    },
    clear: () => {
      if (shown) bar.stop();
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
