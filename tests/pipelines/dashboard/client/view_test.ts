import {
  blank,
  factsOf,
  follows,
  growing,
  heard,
  partDone,
  stateOf,
  unheard,
} from "../../../../pipelines/dashboard/client/view.ts";
import type { Status, Update } from "../../../../pipelines/dashboard/update.ts";
import { assertEquals, assertStringIncludes } from "../../../assert.ts";

const status: Status = {
  seconds: 65,
  epoch: 3,
  epochs: 20,
  part: 0.5,
  secondsLeft: 130,
  loss: 0.0123,
  samplesPerSecond: 30_000,
  backend: "wasm",
  memory: 312e6,
  tensors: { bytes: 1.2e6, count: 21 },
  graph: "relu",
  said: null,
};

const loss = (epoch: number) =>
  ({ epoch, step: 10 * epoch, split: "train", name: "loss", value: 1 / epoch }) as const;

const update = (changes: Partial<Update> = {}): Update => ({
  first: true,
  run: 0,
  from: 0,
  rows: [],
  about: null,
  model: null,
  classCodes: null,
  looks: null,
  status,
  end: null,
  ...changes,
});

const names = (view: typeof blank) => stateOf(view).name;

Deno.test("a page says in which state the run is", () => {
  assertEquals(names(blank), "starting");
  assertEquals(names(heard(blank, update({ status: { ...status, epoch: 0 } }))), "starting");
  const training = heard(blank, update());
  assertEquals(names(training), "training");
  const lost = unheard(training);
  assertEquals(names(lost), "lost");
  assertStringIncludes(stateOf(lost).lines[0], "killed");
  // It came back.
  assertEquals(names(heard(lost, update())), "training");
  for (const how of ["finished", "interrupted", "failed"] as const) {
    const ended = heard(training, update({ end: { how, lines: ["why"] } }));
    // The program is gone then, as it should be.
    assertEquals([names(ended), names(unheard(ended))], [how, how]);
    assertEquals(stateOf(ended).lines, ["why"]);
  }
});

Deno.test("the first message of a connection replaces what was known", () => {
  const about = { dataset: "mnist", notice: null, config: {} };
  const before = heard(blank, update({ rows: [loss(1), loss(2)], about }));
  const next = heard(before, update({ first: false, from: 2, rows: [loss(3)] }));
  assertEquals([next.history, next.about], [[loss(1), loss(2), loss(3)], about]);
  const other = heard(next, update({ rows: [loss(7)] }));
  assertEquals([other.history, other.about], [[loss(7)], null]);
});

Deno.test("a message that leaves a gap is told from one that follows", () => {
  const view = heard(blank, update({ rows: [loss(1), loss(2)] }));
  assertEquals([0, 1, 2].map((from) => follows(view, update({ first: false, from }))), [
    true,
    true,
    true,
  ]);
  assertEquals(follows(view, update({ first: false, from: 3 })), false);
  assertEquals(follows(view, update({ first: false, run: 1, from: 1 })), false);
  assertEquals(follows(view, update({ first: false, run: 1, from: 0 })), true);
  assertEquals(follows(blank, update({ from: 0 })), true);
});

Deno.test("class codes stay until there are others, or another run", () => {
  const classCodes = { classes: ["a"], means: [[0.5]], codes: [[1]] };
  const view = heard(blank, update({ classCodes }));
  const next = heard(view, update({ first: false }));
  assertEquals(next.classCodes, classCodes);
  assertEquals(heard(next, update({ first: false, run: 1 })).classCodes, null);
});

Deno.test("the loss of the epoch under way is in the figures until its row is there", () => {
  const view = heard(blank, update({ rows: [loss(1), loss(2)] }));
  assertEquals(growing(view).at(-1), { ...loss(3), step: 20, value: 0.0123 });
  assertEquals(growing(heard(view, update({ rows: [loss(1), loss(2), loss(3)] }))).length, 3);
  const end = { how: "interrupted", lines: [] } as const;
  assertEquals(growing(heard(view, update({ rows: [loss(1), loss(2)], end }))).length, 2);
});

Deno.test("facts read as a person says them", () => {
  const view = heard(blank, update());
  assertEquals(factsOf(view), {
    epoch: "3 of 20, 50 %",
    left: "2 min 10 s",
    gone: "1 min 05 s",
    speed: "30,000",
    "loss-now": "0.0123",
    backend: "wasm",
    memory: "312 MB, of it 1 MB in 21 tensors",
  });
  assertEquals(partDone(view), 0.125);
  assertEquals(factsOf(unheard(view)).left, "–");
  const unbegun = {
    ...status,
    epoch: 0,
    epochs: null,
    secondsLeft: null,
    loss: null,
    backend: null,
  };
  const facts = factsOf(heard(blank, update({ status: unbegun })));
  assertEquals([facts.epoch, facts.left, facts["loss-now"], facts.backend], ["–", "–", "–", "–"]);
  assertEquals(partDone(heard(blank, update({ status: unbegun }))), null);
});
