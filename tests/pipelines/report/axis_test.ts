import {
  type Axis,
  epochTicks,
  fractionAxis,
  linearAxis,
  logAxis,
  magnitudeAxis,
  position,
  range,
} from "../../../pipelines/report/axis.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";

const labels = ({ ticks, format }: Axis): readonly string[] => ticks.map(format);

Deno.test("axis: ticks are round and have the same decimals", () => {
  assertEquals(labels(linearAxis(0, 0.107)), [
    "0.00",
    "0.02",
    "0.04",
    "0.06",
    "0.08",
    "0.10",
    "0.12",
  ]);
  assertEquals(labels(linearAxis(0, 31, 4)), ["0", "10", "20", "30", "40"]);
});

Deno.test("axis: the domain covers the values and the ticks lie in it", () => {
  const ranges = [[0.91, 0.986], [0.1, 0.3], [0, 0], [0.5, 0.5], [1, 1], [0.9999, 1]] as const;
  for (const [low, high] of ranges) {
    const { domain, ticks } = fractionAxis([low, high]);
    assert(domain[0] <= low && high <= domain[1] && domain[0] < domain[1]);
    assert(0 <= domain[0] && domain[1] <= 1, `${low} to ${high} leaves 0..1: ${domain}`);
    assert(ticks.every((tick) => domain[0] <= tick && tick <= domain[1]));
    assert(ticks.length >= 3 && ticks.length <= 12, `${ticks}`);
  }
});

Deno.test("axis: what spans decades is logarithmic, what touches zero is not", () => {
  assertEquals(magnitudeAxis([5, 0.02]).type, "log");
  assertEquals(magnitudeAxis([5, 0.02, 0]).type, "linear");
  assertEquals(magnitudeAxis([0.1, 0.01]).domain[0], 0);
  assertEquals(magnitudeAxis([2, 4, 16], { logFrom: 4, base: 2 }).ticks, [2, 4, 8, 16]);
});

Deno.test("axis: whoever asks for a scale gets it, but no logarithm of zero", () => {
  assertEquals(magnitudeAxis([5, 0.02], { scale: "linear" }).type, "linear");
  assertEquals(magnitudeAxis([5, 4], { scale: "log" }).type, "log");
  assertEquals(magnitudeAxis([5, 0], { scale: "log" }).type, "linear");
  // Of one value a range is made, around it.
  const { type, domain } = magnitudeAxis([0.05], { scale: "log" });
  assertEquals([type, domain[0] < 0.05, domain[1] > 0.05], ["log", true, true]);
});

Deno.test("axis: a logarithmic axis has few ticks however far it reaches", () => {
  for (const high of [3, 30, 1e4, 1e12, 1e200]) {
    const { ticks, domain } = logAxis(1, high);
    assert(ticks.length >= 2 && ticks.length <= 12, `${ticks}`);
    assert(domain[0] <= 1 && high <= domain[1]);
  }
});

Deno.test("axis: positions run from 0 at the bottom to 1 at the top", () => {
  for (const axis of [linearAxis(0, 10), logAxis(0.01, 1)]) {
    assertAlmostEquals(position(axis, axis.domain[0]), 0);
    assertAlmostEquals(position(axis, axis.domain[1]), 1);
  }
  assertAlmostEquals(position(logAxis(0.01, 1), 0.1), 0.5);
});

Deno.test("axis: epochs are whole and not crowded", () => {
  assertEquals(epochTicks(1, 1, 8), [1]);
  assertEquals(epochTicks(0, 3, 8), [0, 1, 2, 3]);
  assertEquals(epochTicks(1, 20, 8), [1, 5, 10, 15, 20]);
  assertEquals(epochTicks(1, 1000, 5), [1, 200, 400, 600, 800, 1000]);
});

Deno.test("the range of more values than a function has arguments, and none, is found", () => {
  assertEquals(range(Array.from({ length: 500_000 }, (_, i) => i % 1000)), { low: 0, high: 999 });
  assertEquals(range([-Infinity, 1]), { low: -1e300, high: 1 });
  assertEquals(range([]), { low: 0, high: 0 });
});
