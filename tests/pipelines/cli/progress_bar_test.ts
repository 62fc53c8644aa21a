import * as fc from "npm:fast-check@4.3.0";
import type { TrainingProgress } from "../../../pipelines/core/env.ts";
import {
  plainProgress,
  progressBar,
  progressLine,
  sparkline,
} from "../../../pipelines/cli/progress_bar.ts";
import { simulateHistory } from "../report/fixture.ts";
import { begin, envOn } from "../tiny.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "../../assert.ts";

const progress = (changes: Partial<TrainingProgress> = {}): TrainingProgress => ({
  epoch: 3,
  done: 5,
  total: 10,
  loss: 0.25,
  samplesPerSecond: 20_000,
  ...changes,
});

Deno.test("progress: at the end of an epoch it says evaluating, not a speed", () => {
  const at = (done: number) =>
    progressLine({ progress: progress({ done }), epochs: 9, seconds: 9, accuracies: [] }, 200);
  assertNotMatch(at(9), /evaluating/);
  assertMatch(at(9), /90 % .*samples\/s/);
  assertMatch(at(10), /100 % {2}evaluating {2}loss 0\.2500/);
  assertNotMatch(at(10), /samples\/s/);
});

Deno.test("progress: a line is never wider than the terminal, and colours take no room", () => {
  const marked = { bar: (s: string) => `<${s}>`, rest: (s: string) => `(${s})`, spark: String };
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 160 }),
    fc.record({
      progress: fc.record({
        epoch: fc.integer({ min: 1, max: 1e6 }),
        done: fc.integer({ min: 1, max: 99 }),
        total: fc.integer({ min: 99, max: 100 }),
        loss: fc.double({ noNaN: false }),
        samplesPerSecond: fc.double({ min: 0, noNaN: true }),
      }),
      epochs: fc.option(fc.integer({ min: 1, max: 1e6 })),
      seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
      accuracies: fc.array(fc.double({ min: 0, max: 1 }), { maxLength: 40 }),
    }),
    (columns, state) => {
      const line = progressLine(state, columns);
      assert([...line].length <= columns, line);
      assertNotMatch(line, /undefined|\n/);
      assertEquals(progressLine(state, columns, marked).replaceAll(/[<>()]/g, ""), line);
    },
  ));
});

Deno.test("progress: a sparkline rises where its values do", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (values) => {
    const bars = [...sparkline(values)];
    assertEquals(bars.length, values.length);
    bars.forEach((bar, i) => {
      if (i > 0 && values[i] >= values[i - 1]) assert(bar >= bars[i - 1]);
    });
  }));
});

Deno.test("progress: a bar draws over itself, at most ten times a second, and goes away", async () => {
  await envOn("cpu");
  const run = begin();
  dispose(run);
  let [now, text] = [0, ""];
  const terminal = { write: (some: string) => text += some, columns: () => 120, coloured: false };
  const bar = progressBar(20, () => now, terminal);
  bar.progress.clear();
  assertEquals(text, "", "nothing is there to be erased");
  for (let done = 1; done < 100; done++) {
    now += 10;
    bar.progress.update(progress({ done, total: 100 }));
  }
  const drawings = text.split("\r\x1b[K").length - 1;
  assert(drawings >= 9 && drawings <= 11, String(drawings));
  bar.progress.update(progress({ done: 100, total: 100 }));
  assertStringIncludes(text, "evaluating");
  bar.observer.run({ ...run, history: simulateHistory(8) });
  bar.progress.clear();
  assert(text.endsWith("\r\x1b[K"));
  now += 5;
  bar.progress.update(progress({ epoch: 9, done: 1, total: 100 }));
  assertMatch(text, /test 0\.\d{4} [▁▂▃▄▅▆▇█]{8}$/, "a new epoch is drawn at once");
  // deno-lint-ignore no-control-regex
  assertNotMatch(text.replaceAll("\r\x1b[K", ""), /[\x00-\x1f]/);
});

const about = { dataset: "pets", notice: null, config: {} };

Deno.test("progress: the time left counts from the first progress on, of a training that goes on too", () => {
  let [now, text] = [100_000, ""];
  const terminal = { write: (some: string) => text += some, columns: () => 120, coloured: false };
  const bar = progressBar(null, () => now, terminal);
  // Loading the data takes long; then the number of epochs is known.
  now += 60_000;
  bar.observer.about({ ...about, epochs: 60 });
  bar.progress.update(progress({ epoch: 51, done: 1, total: 10 }));
  assertNotMatch(text, /left/, "nothing was measured yet");
  now += 8000;
  bar.progress.update(progress({ epoch: 51, done: 9, total: 10 }));
  // 0.8 epochs took 8 s, 9.1 are left.
  assertMatch(text, /epoch 51\/60 .* {2}1 min 31 s left$/);
});

Deno.test("progress: without a terminal, a long first epoch says once how long it will all take", () => {
  const lines: string[] = [];
  let now = 0;
  const plain = (epochs: number | null) =>
    plainProgress(epochs, () => now, (line) => lines.push(line));
  const long = plain(10);
  for (let done = 1; done <= 9; done++, now += 3000) long.progress.update(progress({ done }));
  long.progress.update(progress({ epoch: 4, done: 1 }));
  // 0.4 epochs took 12 s, 7.5 are left.
  assertEquals(lines, ["epoch 3/10: 5 of 10 steps are done, about 3 min 45 s left"]);
  lines.length = 0;
  const short = plain(null);
  short.observer.about({ ...about, epochs: 10 });
  for (let epoch = 1; epoch <= 9; epoch++, now += 5000) {
    short.progress.update(progress({ epoch, done: 10 }));
    short.progress.update(progress({ epoch: epoch + 1, done: 5 }));
  }
  assertEquals(lines, [], "epochs that are short have their own lines");
});

Deno.test("more values than a function has arguments are drawn", () => {
  assertEquals(sparkline(Array.from({ length: 200_000 }, () => 1)).length, 200_000);
});
