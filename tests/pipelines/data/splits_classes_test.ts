import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { onlyClasses, withoutClasses } from "../../../pipelines/data/splits.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";

/** Images of two bytes, which say the split and the place. */
const split = (labels: readonly number[], of: number): ImageSplit => ({
  count: labels.length,
  values: Uint8Array.from(labels.flatMap((_, i) => [of, i])),
  labels: Uint8Array.from(labels),
  normalisation: { mean: [0], std: [1] },
});

const dataset = (train: readonly number[], test: readonly number[]): Dataset<ImageSplit> => ({
  name: "bytes",
  shape: [2],
  classes: ["a", "b", "c", "d"],
  train: split(train, 1),
  validation: split([0, 3], 2),
  test: split(test, 3),
  source: "",
  sha256: {},
  notice: null,
});

Deno.test("images of some classes keep their order, their labels and their pixels", () => {
  const some = right(onlyClasses(dataset([0, 1, 2, 1, 3], [1, 2]), [3, 1]));
  assertEquals(some.train.labels, Uint8Array.of(1, 1, 3));
  assertEquals(some.train.values, Uint8Array.of(1, 1, 1, 3, 1, 4));
  assertEquals(
    some.validation,
    split([0, 3], 2) && {
      count: 1,
      values: Uint8Array.of(2, 1),
      labels: Uint8Array.of(3),
      normalisation: { mean: [0], std: [1] },
    },
  );
  assertEquals([some.test.count, some.test.values], [1, Uint8Array.of(3, 0)]);
  assertEquals(some.classes, ["a", "b", "c", "d"]);
});

Deno.test("with and without the same classes part a dataset", () => {
  const labels = fc.array(fc.nat(3), { maxLength: 12 }).map((some) => [...some, 0, 1, 2, 3]);
  const classes = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(labels, classes, (all, named) => {
    const whole = dataset(all, all);
    const [only, without] = [right(onlyClasses(whole, named)), right(withoutClasses(whole, named))];
    const images = ({ train }: Dataset<ImageSplit>) =>
      Array.from(train.labels, (label, i) => `${train.values[2 * i + 1]}:${label}`);
    assertEquals([...images(only), ...images(without)].sort(), images(whole).sort());
    assertEquals([...only.train.labels].every((label) => named.includes(label)), true);
    assertEquals([...without.train.labels].some((label) => named.includes(label)), false);
  }));
});

Deno.test("classes that there are not are refused, and so is what leaves nothing", () => {
  const whole = dataset([0, 1], [0]);
  for (const classes of [[4], [-1], [0.5], [1, 1], []]) {
    for (const keep of [onlyClasses, withoutClasses]) {
      assertStringIncludes(
        describe(left(keep(whole, classes))),
        "Cannot use classes: expected different indices of bytes's classes, from 0 to 3",
      );
    }
  }
  assertStringIncludes(describe(left(onlyClasses(whole, [1]))), "not 1 and 0");
  assertStringIncludes(describe(left(withoutClasses(whole, [0, 1]))), "not 0 and 0");
});
