/**
 * The stage that tells a person how an epoch went.
 *
 * @module
 */
import { type History, newest, type SplitName } from "../core/history.ts";
import { type Stage, tap } from "../core/stage.ts";

/**
 * Prints one line per epoch to the environment's `log`: loss, accuracies, bits per code, speed.
 *
 * @param epochs How many there will be.
 */
export const announce = (epochs: number): Stage =>
  tap(({ epoch, history }, { log, progress }) => {
    progress.clear();
    log(epochLine(epoch, epochs, history));
  });

/** The line of an epoch. What was not measured is left out. */
export function epochLine(epoch: number, epochs: number, history: History): string {
  const number = (
    label: string,
    name: string,
    split: SplitName,
    show: (value: number) => string,
  ): readonly string[] => {
    const value = newest(history, name, split);
    return value === null ? [] : [`${label}${show(value)}`];
  };
  const digits = (n: number) => (value: number) => value.toFixed(n);
  const [least, most] = [
    newest(history, "active_min", "test"),
    newest(history, "active_max", "test"),
  ];
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    ...number("loss ", "loss", "train", digits(4)),
    ...number("train ", "accuracy", "train", digits(4)),
    ...number("validation ", "accuracy", "validation", digits(4)),
    ...number("test ", "accuracy", "test", digits(4)),
    ...(least === null || most === null
      ? []
      : [`bits ${least === most ? least : `${least} to ${most}`}`]),
    ...number("", "samples_per_second", "run", (x) => `${Math.round(x)} samples/s`),
  ].join("  ");
}
