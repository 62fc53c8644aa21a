import * as fc from "npm:fast-check@4.3.0";
import {
  type Looks,
  noLooks,
  nothing,
  receivedLooks,
  sentLooks,
  type Status,
  unknown,
  updateSince,
  withFindings,
} from "../../../pipelines/dashboard/update.ts";
import {
  simulateCentroids,
  simulateEvaluation,
  simulateReconstructions,
} from "../report/fixture.ts";
import { assertEquals, assertLess, assertStrictEquals } from "../../assert.ts";

const looks = (units: number): Looks => ({
  evaluation: simulateEvaluation(simulateCentroids(["a", "b", "c", "d", "e", "f"], units)),
  reconstructions: simulateReconstructions(2),
  explanations: [],
});

/** Sends looks through JSON, as over the network. */
const received = (sent: Looks): Looks => receivedLooks(JSON.parse(JSON.stringify(sentLooks(sent))));

/** Fractions as they are sent. */
const rounded = <A>(value: A): A =>
  ArrayBuffer.isView(value)
    ? (value as unknown as Float32Array).map((x) => Math.round(x * 1e4) / 1e4) as A
    : Array.isArray(value)
    ? value.map(rounded) as A
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)])) as A
    : value;

Deno.test("looks come out of the wire as they were, fractions to four digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 200 }), (units) => {
      assertEquals(received(looks(units)), rounded(looks(units)));
    }),
    { numRuns: 10 },
  );
});

Deno.test("looks of the main job are short; a part that is large is left out", () => {
  const sent = JSON.stringify(sentLooks(looks(512)));
  assertLess(sent.length, 40_000);
  const { evaluation, reconstructions } = received(looks(200_000));
  assertEquals(evaluation, null);
  assertEquals(reconstructions.length, 2);
});

Deno.test("looks are told once, and are the same where nothing has changed", () => {
  const status = { epoch: 1 } as Status;
  const known = withFindings(unknown, { ...looks(64), classCodes: null });
  assertStrictEquals(withFindings(known, { ...known.looks, classCodes: null }), known);
  const classCodes = { classes: [], means: [], codes: [] };
  assertStrictEquals(withFindings(known, { ...known.looks, classCodes }).looks, known.looks);
  const [update, cursor] = updateSince(known, status, nothing);
  assertEquals(receivedLooks(JSON.parse(JSON.stringify(update.looks))), rounded(known.looks));
  assertEquals(updateSince(known, status, cursor)[0].looks, null);
  assertEquals(updateSince(unknown, status, nothing)[0].looks, null);
  assertEquals(received(noLooks), noLooks);
});
