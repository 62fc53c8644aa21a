import { draw, seed } from "../../../graph/rng.ts";
import { type Findings, isFindings } from "../../../pipelines/core/findings.ts";
import { pack, unpack } from "../../../pipelines/files/checkpoint.ts";
import { reportFiles } from "../../../pipelines/report/report.ts";
import { assert, assertEquals } from "../../assert.ts";
import {
  simulate,
  simulateCentroids,
  simulateEvaluation,
  simulateReconstructions,
} from "../report/fixture.ts";

const { classes, means, codes } = simulateCentroids(["0", "1", "2", "3", "4"], 32);
const asFloats = (rows: readonly ArrayLike<number>[]) => rows.map((row) => Float32Array.from(row));
const classCodes = { classes, means: asFloats(means), codes: asFloats(codes) };
const [{ original: image }] = simulateReconstructions(1);
const findings: Findings = {
  classCodes,
  evaluation: simulateEvaluation(classCodes),
  explanations: [{ label: "3", image, mask: image, perturbed: image, before: 0.9, after: 0.1 }],
  reconstructions: simulateReconstructions(2),
};

/** Invalid values for a part. */
const odd: readonly unknown[] = [
  null,
  undefined,
  -1,
  0.5,
  NaN,
  2 ** 53,
  1e9,
  "",
  "x",
  [],
  {},
  [[], {}, null],
  new Float32Array(0),
  new Float32Array(3),
  new Uint32Array(1),
  new Float64Array(5),
];

type Path = readonly (string | number)[];

/** The ways to every part of some data. */
const pathsOf = (value: unknown, path: Path = []): readonly Path[] => [
  path,
  ...typeof value === "object" && value !== null && !ArrayBuffer.isView(value)
    ? Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))
    : [],
];

/** A copy with the part at a path changed, or without it. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const parts = Object.entries(value as Record<string, unknown>).flatMap(([name, part]) =>
    name !== String(key)
      ? [[name, part] as const]
      : rest.length === 0 && to === undefined
      ? []
      : [[name, changed(part, rest, to)] as const]
  );
  return Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

Deno.test("findings are findings, before and after they were in a file", () => {
  assert(isFindings(findings));
  assert(isFindings(unpack(JSON.parse(JSON.stringify(pack(findings))))));
});

Deno.test("crafted findings: they are none, or every figure can be drawn of them", () => {
  const paths = pathsOf(findings);
  const [picks] = draw(
    seed(26),
    ({ integer }) =>
      Array.from(
        { length: 1500 },
        () => [paths[integer(0, paths.length - 1)], odd[integer(0, odd.length - 1)]] as const,
      ),
  );
  const everyKind = ["classCodes", "evaluation", "explanations", "reconstructions"].flatMap((key) =>
    odd.flatMap((to) => [[[key], to], [[key, 0], to]] as const)
  );
  let drawn = 0;
  for (const [path, to] of [...picks, ...everyKind]) {
    const crafted = changed(findings, path, to);
    if (!isFindings(crafted)) continue;
    drawn++;
    try {
      reportFiles(simulate({ findings: crafted, history: [] }));
    } catch (thrown) {
      throw new Error(`${path.join(".")} as ${JSON.stringify(pack(to))}`, { cause: thrown });
    }
  }
  assert(drawn > 50 && drawn < 800, `${drawn} were drawn`);
});

Deno.test("a report of numbers without an end, and of no rows, is drawn", () => {
  const nowhere = changed(findings, ["explanations", 0, "before"], NaN);
  assert(isFindings(nowhere));
  reportFiles(simulate({ findings: nowhere }));
  assertEquals(isFindings({}), false);
});
