import { describe } from "../../../graph/error.ts";
import { emptyCodes } from "../../../ops/codes/codes.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { readOrigins } from "../../../pipelines/files/codes.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { codesOf } from "../../ops/codes/sets.ts";
import { left, right } from "../tiny.ts";

const model = { file: "m.safetensors", sha256: "00" };
const set = {
  codes: codesOf([[0, 1, 2], [2, 3, 4], [0, 1, 2]], 40),
  labels: Int32Array.of(1, -1, 0),
  origins: {
    model,
    inverted: false,
    classes: ["cat", "dog"],
    parts: [{ kind: "files", files: ["a.png", "b.png", "c.png"] }],
  },
} as const;
const query = { codes: codesOf([[0, 1, 5, 6]], 40), labels: null };

Deno.test("the nearest, by name: distance and overlap, of equals the first in the set", () => {
  const result = { rank: 1, index: 0, name: "a.png", label: "dog", distance: 3, overlap: 2 };
  assertEquals(right(nearestImages(set, query, { k: 3 })), [{
    query: { index: 0, name: "code 0", label: null },
    results: [
      result,
      { ...result, rank: 2, index: 2, name: "c.png", label: "cat" },
      { rank: 3, index: 1, name: "b.png", label: null, distance: 7, overlap: 0 },
    ],
  }]);
  assertEquals(
    right(nearestImages(set, query, { k: 2, distance: "overlap" }))[0].results.map((
      { index, overlap },
    ) => [index, overlap]),
    [[0, 2], [2, 2]],
  );
});

Deno.test("other widths, empty sets and a k that is too large are typed errors", () => {
  const message = (...[s, q, k]: [Parameters<typeof nearestImages>[0], typeof query, number]) =>
    describe(left(nearestImages(s, q, { k })));
  const none = { codes: emptyCodes(0, 40), labels: null };
  assertEquals(
    message(set, { codes: codesOf([[0]], 64), labels: null }, 1),
    "Cannot use QUERY: expected codes of 40 units, as those that are searched: encode both with one " +
      'model, current value is "codes of 64 units"',
  );
  assertStringIncludes(message(none, query, 1), "Cannot use CODES: expected at least one code");
  assertStringIncludes(
    message(set, none, 1),
    "Cannot use QUERY: expected at least one code or image",
  );
  for (const k of [0, 4, 1.5]) {
    assertEquals(
      message(set, query, k),
      `Cannot use -k: expected an integer from 1 to the number of codes, 3, current value is ${k}`,
    );
  }
});

Deno.test("origins that are not origins are refused in words", () => {
  const part = {
    kind: "dataset",
    dataset: "mnist",
    name: "mnist",
    data: null,
    seed: 0,
    split: "test",
  };
  const good = { ...set.origins, parts: [...set.origins.parts, { ...part, from: 2, count: 4 }] };
  assertEquals(right(readOrigins(JSON.stringify(good), 7)), good as never);
  for (
    const [text, words] of [
      ["{", "a model and parts, current value is undefined"],
      [JSON.stringify({ ...good, inverted: 1 }), "a file and its SHA-256"],
      [JSON.stringify({ ...good, classes: [1] }), "classes to be names, current value is [1]"],
      [JSON.stringify({ ...good, parts: [part] }), "every origin to be of files or of a dataset"],
      [JSON.stringify({ ...good, parts: [null] }), "current value is null"],
      [JSON.stringify({ ...good, parts: [{ kind: "files", files: [1] }] }), "every origin"],
      [JSON.stringify(good), "expected 9 origins, one per code, current value is 7"],
    ] as const
  ) assertStringIncludes(left(readOrigins(text, 9)), words);
});
