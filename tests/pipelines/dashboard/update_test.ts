import * as fc from "npm:fast-check@4.3.0";
import {
  type Cursor,
  type Known,
  mergeRows,
  nothing,
  type Status,
  unknown,
  type Update,
  updateSince,
  withHistory,
  withModel,
} from "../../../pipelines/dashboard/update.ts";
import { graph } from "../../../graph/parse.ts";
import type { History, Row } from "../../../pipelines/core/history.ts";
import { assertEquals, assertStrictEquals } from "../../assert.ts";

const status: Status = {
  seconds: 1,
  epoch: 1,
  epochs: 2,
  part: 0.5,
  secondsLeft: 3,
  loss: 0.5,
  samplesPerSecond: 100,
  backend: "wasm",
  memory: 1,
  tensors: { bytes: 1, count: 1 },
  graph: null,
  said: null,
};

const rowOf = (value: number, i: number): Row => ({
  epoch: i,
  step: i,
  split: "train",
  name: "loss",
  value,
});

const values = fc.array(fc.double());

/** Sends an update through JSON, as over the network. */
const sent = (update: Update): Update => JSON.parse(JSON.stringify(update));

/** JSON writes no sign of zero, and a figure shows neither it nor an infinity. */
const seen = (history: History): History =>
  history.map((row) => ({ ...row, value: Number.isFinite(row.value) ? row.value + 0 : NaN }));

interface Page {
  readonly cursor: Cursor;
  readonly run: number;
  readonly history: History;
}

const opened: Page = { cursor: nothing, run: -1, history: [] };

function listen(page: Page, known: Known): Page {
  const [update, cursor] = updateSince(known, status, page.cursor);
  const wire = sent(update);
  return { cursor, run: wire.run, history: mergeRows(page, wire) };
}

Deno.test("a page knows the whole history whenever it listens, over several runs", () => {
  const runs = fc.array(
    fc.record({ values, listens: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }) }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(fc.property(runs, (runs) => {
    let known = unknown;
    let page = opened;
    for (const { values, listens } of runs) {
      const whole = values.map(rowOf);
      for (const [i, listening] of listens.entries()) {
        const part = Math.floor(whole.length * (i + 1) / listens.length);
        known = withHistory(known, whole.slice(0, part));
        if (!listening) continue;
        page = listen(page, known);
        assertEquals(page.history, seen(known.history));
      }
    }
    // One that comes late knows as much.
    assertEquals(listen(opened, known).history, seen(known.history));
  }));
});

Deno.test("a history that grows is the same run, any other one a new run", () => {
  const [a, b, c] = [0, 1, 2].map((value) => rowOf(value, value));
  const first = withHistory(unknown, [a, b]);
  assertEquals([first.run, withHistory(first, [a, b]).run], [0, 0]);
  assertEquals(withHistory(first, [a, b, c]).run, 0);
  assertEquals(withHistory(first, [a]).run, 1);
  assertEquals(withHistory(first, [a, { ...b }]).run, 1);
});

Deno.test("codes of classes are told once each, to four digits, and not by the megabyte", () => {
  const codesOf = (units: number) => ({
    classes: ["a"],
    means: [new Float32Array(units).fill(0.33333)],
    codes: [new Float32Array(units).fill(1)],
  });
  const known = { ...unknown, classCodes: codesOf(2) };
  const [update, cursor] = updateSince(known, status, nothing);
  assertEquals(update.classCodes, {
    classes: ["a"],
    means: [[0.3333, 0.3333]],
    codes: [[1, 1]],
  });
  assertEquals(updateSince(known, status, cursor)[0].classCodes, null);
  const other = { ...known, classCodes: codesOf(3) };
  assertEquals(updateSince(other, status, cursor)[0].classCodes?.codes, [[1, 1, 1]]);
  const large = { ...known, classCodes: codesOf(30_000) };
  assertEquals(updateSince(large, status, cursor)[0].classCodes, null);
});

Deno.test("what does not change is told once", () => {
  const about = { dataset: "mnist", notice: null, config: { seed: 1 } };
  const model = { graph: graph`linear(4, 2) ▷ kwta(0.5)`, input: [4] };
  const known = withModel({ ...withHistory(unknown, [rowOf(1, 0)]), about }, model);
  const [update, cursor] = updateSince(known, status, nothing);
  assertEquals([update.first, update.rows.length, update.about], [true, 1, about]);
  assertEquals(update.model, model);
  assertStrictEquals(withModel(known, { ...model }), known);
  const [next] = updateSince(known, status, cursor);
  assertEquals([next.first, next.from, next.rows, next.about], [false, 1, [], null]);
  assertEquals(next.model, null);
  const history = known.history;
  assertStrictEquals(mergeRows({ run: 0, history }, next), history);
});
