/**
 * The progress of trainings whose number of epochs is each claim's own.
 *
 * @module
 */
import cliProgress from "npm:cli-progress@3.12.0";
import process from "node:process";
import type { Progress } from "../../env.ts";

/** A bar of the epoch with loss and samples per second, on standard error. */
export function trainingBar(): Progress {
  const bar = new cliProgress.SingleBar({
    format: "epoch {epoch} {bar} {percentage}%  loss {loss}  {speed} samples/s",
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
      const payload = {
        epoch,
        loss: loss.toFixed(4),
        speed: Math.round(samplesPerSecond).toLocaleString("en"),
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
