import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { draw, type Rng, seed } from "../../../graph/rng.ts";
import { appendCodes, toDense } from "../../../ops/codes/codes.ts";
import { moveUnits, randomCodes } from "../../../ops/codes/noise.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import {
  bcpnn,
  classCentroid,
  type LabelledCodes,
  naiveBayes,
  nearestCodes,
  type ReadOut,
  willshawClasses,
} from "../../../ops/readouts/read_outs.ts";
import { assert, assertEquals, assertThrows, fail } from "../../assert.ts";

const [classes, each, width] = [4, 20, 128];

const right = <A>(result: E.Either<Parameters<typeof describe>[0], A>): A =>
  E.isRight(result) ? result.right : fail(describe(result.left));

/** Noisy copies of one random code per class. */
function noisyClasses(rng: Rng): LabelledCodes {
  const [prototypes, next] = right(randomCodes(classes, width, 16, rng));
  let codes: BinaryEmbeddings = prototypes;
  let generator = next;
  for (let copy = 1; copy < each; copy++) {
    const [noisy, after] = right(moveUnits(prototypes, 0.4, generator));
    codes = appendCodes(codes, noisy);
    generator = after;
  }
  return {
    codes,
    labels: Uint8Array.from({ length: codes.count }, (_, i) => i % classes),
    classes,
  };
}

const readOuts: Readonly<Record<string, (labelled: LabelledCodes) => ReadOut>> = {
  nearest: (labelled) => right(nearestCodes(labelled, 3)),
  naive_bayes: naiveBayes,
  bcpnn: bcpnn,
  centroid: classCentroid,
  willshaw: (labelled) => right(willshawClasses(labelled, 5, seed(3)))[0],
};

for (const [name, learn] of Object.entries(readOuts)) {
  Deno.test(`${name} tells noisy copies of codes apart`, () => {
    const labelled = noisyClasses(seed(1));
    const read = learn(labelled);
    assertEquals(read.name, name);
    const [test] = right(moveUnits(labelled.codes, 0.25, seed(2)));
    const wrong = read.predict(test).filter((label, i) => label !== labelled.labels[i]).length;
    assert(wrong <= 2, `${wrong} of ${test.count} are wrong`);
  });

  Deno.test(`${name} learns from the labels it is given`, () => {
    const labelled = noisyClasses(seed(1));
    const turned = Array.from(labelled.labels, (label) => (label + 1) % classes);
    const read = learn({ ...labelled, labels: turned });
    const wrong = read.predict(labelled.codes).filter((label, i) => label !== turned[i]).length;
    assert(wrong <= 2, `${wrong} are wrong`);
  });

  Deno.test(`${name} refuses labels that do not fit`, () => {
    const labelled = noisyClasses(seed(1));
    assertThrows(() => learn({ ...labelled, labels: [0] }), RangeError);
    const beyond = Array.from(labelled.labels, () => classes);
    assertThrows(() => learn({ ...labelled, labels: beyond }), RangeError, "label 0");
  });
}

Deno.test("naive Bayes is Bayes' formula, unit by unit", () => {
  const labelled = noisyClasses(seed(5));
  const [dense, n] = [toDense(labelled.codes), labelled.codes.count];
  const of = (c: number, unit: number): number => {
    let times = 0;
    for (let i = 0; i < n; i++) {
      if (labelled.labels[i] === c) times += dense[i * width + unit];
    }
    return (times + 0.5) / (each + 1);
  };
  const [noisy] = right(randomCodes(50, width, 16, seed(6)));
  const bits = toDense(noisy);
  const expected = Array.from({ length: noisy.count }, (_, i) => {
    const scores = Array.from({ length: classes }, (_, c) => {
      let sum = 0;
      for (let unit = 0; unit < width; unit++) {
        const p = of(c, unit);
        sum += Math.log(bits[i * width + unit] > 0 ? p : 1 - p);
      }
      return sum;
    });
    return scores.indexOf(Math.max(...scores));
  });
  assertEquals([...naiveBayes(labelled).predict(noisy)], expected);
});

Deno.test("numbers out of their ranges are refused", () => {
  const labelled = noisyClasses(seed(1));
  for (const k of [0, 1.5, 31]) {
    const refused = nearestCodes(labelled, k);
    assert(E.isLeft(refused) && refused.left.option === "k");
  }
  const refused = willshawClasses(labelled, 0, seed(1));
  assert(E.isLeft(refused) && refused.left.option === "perClass");
  const [units] = draw(seed(1), ({ integer }) => integer(1, 5));
  assert(E.isRight(willshawClasses(labelled, units, seed(1))));
});
