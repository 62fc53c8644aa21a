import type { Row } from "../../../pipelines/core/history.ts";
import { epochLine } from "../../../pipelines/stages/report.ts";
import { assertEquals } from "../../assert.ts";

/** The rows of epochs that took so long to train, and a second to evaluate. */
const took = (...seconds: readonly number[]): readonly Row[] =>
  seconds.flatMap((value, i): readonly Row[] => {
    const row = (name: string, value: number): Row => ({
      epoch: i + 1,
      step: 10 * (i + 1),
      split: "run",
      name,
      value,
    });
    return [row("training_seconds", value), row("evaluation_seconds", 1)];
  });

Deno.test("the line of an epoch tells the time left, by the last epochs", () => {
  assertEquals(epochLine(1, 10, took(5)), "epoch  1/10  54 s left");
  assertEquals(epochLine(2, 100, took(5, 3)), "epoch   2/100  8 min 10 s left");
  // The first epoch, which compiles kernels, counts no more after five others.
  assertEquals(epochLine(6, 10, took(100, 2, 2, 2, 2, 2)), "epoch  6/10  12 s left");
});

Deno.test("after the last epoch, and where nothing was measured, there is no time left", () => {
  assertEquals(epochLine(2, 2, took(5, 3)), "epoch 2/2");
  assertEquals(epochLine(1, 3, []), "epoch 1/3");
});
