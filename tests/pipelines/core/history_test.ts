import { describe } from "../../../graph/error.ts";
import { type History, latest, type Row } from "../../../pipelines/core/history.ts";
import { assertEquals } from "../../assert.ts";
import { left, right } from "../tiny.ts";

const row = (epoch: number, split: Row["split"], name: string, value: number): Row => ({
  epoch,
  step: 10 * epoch,
  split,
  name,
  value,
});

const history: History = [
  row(1, "train", "loss", 2),
  row(1, "test", "accuracy", 0.5),
  row(2, "train", "accuracy", 0.75),
  row(2, "train", "loss", NaN),
];

Deno.test("latest: the newest value of a name, of any split or of one", () => {
  assertEquals(right(latest(history, "accuracy")), 0.75);
  assertEquals(right(latest(history, "accuracy", "test")), 0.5);
  assertEquals(right(latest(history, "loss")), NaN);
});

Deno.test("latest: a name or a split that was never measured is refused with what there is", () => {
  const refused = (...wanted: readonly [name: string, split?: Row["split"]]) =>
    describe(left(latest(history, ...wanted)));
  assertEquals(
    refused("acuracy"),
    'Cannot use name: expected one of loss, accuracy, current value is "acuracy". ' +
      'Did you mean "accuracy"?',
  );
  assertEquals(
    refused("temperature", "test"),
    'Cannot use name: expected one of loss, accuracy, current value is "temperature"',
  );
  assertEquals(
    refused("accuracy", "validation"),
    'Cannot use split: expected one of test, train, current value is "validation"',
  );
  assertEquals(
    describe(left(latest([], "loss"))),
    'Cannot use name: expected no name, current value is "loss"',
  );
});
