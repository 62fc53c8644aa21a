import fc from "npm:fast-check@4.3.0";
import { adam, adamW } from "../../../ops/optimisers/adam.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import { freeze } from "../../../ops/optimisers/transforms.ts";
import { sgd } from "../../../ops/optimisers/sgd.ts";
import {
  cosineLr,
  cosineWarmupLr,
  exponentialLr,
  plateauLr,
  type PlateauOptions,
  type Schedule,
  stepLr,
} from "../../../ops/optimisers/schedules.ts";
import { assert, assertEquals } from "../../assert.ts";
import { goldenJson, sharedTest } from "../../shared.ts";
import { assertClose } from "../backends.ts";

interface ScheduleCase {
  readonly name: string;
  readonly kind: string;
  readonly scheduler: "StepLR" | "ExponentialLR" | "CosineAnnealingLR" | "ReduceLROnPlateau";
  readonly attrs: Readonly<Record<string, number>> & { readonly mode?: "min" };
  readonly lr0: number;
  readonly lr_first_epoch: number;
  readonly lr_after_step: readonly number[];
  readonly losses?: readonly number[];
}

const casesOf = (...schedulers: readonly string[]) =>
  goldenJson<ScheduleCase>("optim")
    .filter(({ kind, scheduler }) => kind === "lr_scheduler" && schedulers.includes(scheduler));

const scheduleOf = ({ scheduler, attrs, lr0 }: ScheduleCase): Schedule =>
  scheduler === "StepLR"
    ? stepLr({ initial: lr0, stepSize: attrs.step_size, gamma: attrs.gamma })
    : scheduler === "ExponentialLR"
    ? exponentialLr({ initial: lr0, gamma: attrs.gamma })
    : cosineLr({ initial: lr0, period: attrs.T_max, minimum: attrs.eta_min });

sharedTest("the schedules by epoch are PyTorch's", "golden", () => {
  const cases = casesOf("StepLR", "ExponentialLR", "CosineAnnealingLR");
  assertEquals(cases.length, 5);
  for (const golden of cases) {
    const { name, lr0, lr_first_epoch, lr_after_step } = golden;
    const schedule = scheduleOf(golden);
    assertEquals(schedule.problem, null);
    assertEquals(schedule(0), lr_first_epoch);
    // PyTorch goes from epoch to epoch, in float64.
    assertClose(
      lr_after_step.map((_, e) => schedule(e + 1) / lr0),
      lr_after_step.map((lr) => lr / lr0),
      1e-13,
      name,
    );
  }
});

sharedTest("reducing on a plateau is PyTorch's, to the bit", "golden", () => {
  const cases = casesOf("ReduceLROnPlateau");
  assertEquals(cases.length, 8);
  for (const { name, attrs, lr0, lr_after_step, losses = [] } of cases) {
    assertEquals([losses.length, "threshold_mode" in attrs], [lr_after_step.length, true]);
    const { mode, factor, patience, threshold, cooldown, min_lr: minimum, eps: epsilon } = attrs;
    const schedule = plateauLr({
      initial: lr0,
      mode,
      factor,
      patience,
      threshold,
      cooldown,
      minimum,
      epsilon,
    });
    assertEquals(schedule.problem, null);
    assertEquals(
      lr_after_step.map((_, e) => schedule(losses.slice(0, e + 1))),
      [...lr_after_step],
      name,
    );
  }
});

Deno.test("a NaN is never better, and a metric that rises is that which falls, negated", () => {
  const options: PlateauOptions = { initial: 1, factor: 0.5, patience: 1, threshold: 0 };
  const falls = plateauLr(options);
  assertEquals(falls([1, NaN, NaN]), 0.5);
  assertEquals(falls([NaN, NaN, 1, 0.9]), 0.5);
  const rises = plateauLr({ ...options, mode: "max" });
  fc.assert(fc.property(fc.array(fc.double({ noDefaultInfinity: true })), (values) => {
    assertEquals(rises(values), falls(values.map((value) => -value)));
  }));
  // With a threshold the reflection is about 0, where it is relative: one direction each.
  const accuracy = plateauLr({ initial: 1, factor: 0.5, patience: 0, threshold: 0.1, mode: "max" });
  assertEquals(accuracy([0.5, 0.54]), 0.5);
  assertEquals(accuracy([0.5, 0.56]), 1);
});

Deno.test("the rate on a plateau never rises, and stays above its floor", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 2 }), { maxLength: 40 }), (values) => {
    const schedule = plateauLr({ initial: 1, factor: 0.3, patience: 1, minimum: 0.05 });
    const rates = values.map((_, i) => schedule(values.slice(0, i + 1)));
    assert(rates.every((rate, i) => rate <= (rates[i - 1] ?? 1) && rate >= 0.05));
  }));
});

Deno.test("the warm-up rises to the peak, and the cosine falls from it to the minimum", () => {
  const options = fc.record({
    peak: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    warmup: fc.integer({ min: 0, max: 10 }),
    rest: fc.integer({ min: 1, max: 40 }),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(fc.property(options, ({ peak, warmup, rest, fraction }) => {
    const epochs = warmup + rest;
    const minimum = fraction * peak;
    const schedule = cosineWarmupLr({ peak, epochs, warmup, minimum });
    assertEquals(schedule.problem, null);
    const rates = Array.from({ length: epochs + 3 }, (_, e) => schedule(e));
    assertEquals(rates.slice(epochs), [minimum, minimum, minimum]);
    // minimum + (peak − minimum) is the peak but for the last bits.
    assertClose([rates[warmup] / peak], [1], 1e-15, "peak");
    for (let e = 1; e < rates.length; e++) {
      assert(e <= warmup ? rates[e] > rates[e - 1] : rates[e] <= rates[e - 1], `epoch ${e}`);
    }
    const plain = cosineLr({ initial: peak, period: rest, minimum });
    assertClose(
      rates.slice(warmup, epochs + 1),
      rates.slice(warmup, epochs + 1).map((_, e) => plain(e)),
      1e-15,
      "cosine",
    );
  }));
});

Deno.test("a schedule's problem names the option that is out of range", () => {
  const cases: readonly (readonly [Schedule["problem"], string])[] = [
    [stepLr({ initial: 0, stepSize: 1, gamma: 0.5 }).problem, "initial"],
    [stepLr({ initial: 1, stepSize: 0, gamma: 0.5 }).problem, "stepSize"],
    [stepLr({ initial: 1, stepSize: 1.5, gamma: 0.5 }).problem, "stepSize"],
    [stepLr({ initial: 1, stepSize: 1, gamma: -0.5 }).problem, "gamma"],
    [exponentialLr({ initial: Infinity, gamma: 0.5 }).problem, "initial"],
    [exponentialLr({ initial: 1, gamma: NaN }).problem, "gamma"],
    [cosineLr({ initial: 1, period: 0 }).problem, "period"],
    [cosineLr({ initial: 1, period: 1, minimum: -1 }).problem, "minimum"],
    [cosineWarmupLr({ peak: -1, epochs: 2 }).problem, "peak"],
    [cosineWarmupLr({ peak: 1, epochs: 2, warmup: 2 }).problem, "epochs"],
    [cosineWarmupLr({ peak: 1, epochs: 2, warmup: -1 }).problem, "warmup"],
    [plateauLr({ initial: 0 }).problem, "initial"],
    [plateauLr({ initial: 1, factor: 1 }).problem, "factor"],
    [plateauLr({ initial: 1, patience: -1 }).problem, "patience"],
    [plateauLr({ initial: 1, threshold: 1 }).problem, "threshold"],
    [plateauLr({ initial: 1, cooldown: 0.5 }).problem, "cooldown"],
    [plateauLr({ initial: 1, minimum: NaN }).problem, "minimum"],
    [plateauLr({ initial: 1, epsilon: -1 }).problem, "epsilon"],
  ];
  for (const [problem, option] of cases) {
    assertEquals([problem?._tag, problem?.option], ["InvalidOption", option]);
  }
});

Deno.test("a schedule and an optimiser that has one carry their names and options as JSON", () => {
  const options = { peak: 1, epochs: 9, warmup: 0, minimum: 0 };
  const schedule = cosineWarmupLr({ peak: 1, epochs: 9 });
  assertEquals([schedule.name, schedule.options], ["cosineWarmupLr", options]);
  const own = (epochs: number) => 1 / (epochs + 1);
  const inConfig = (learningRate: number | Schedule) =>
    JSON.parse(JSON.stringify(chain(freeze("0"), adam({ learningRate })).options));
  assertEquals(
    inConfig(schedule)["scaleByLearningRate.learningRate"],
    { name: "cosineWarmupLr", ...options },
  );
  assertEquals(inConfig(own)["scaleByLearningRate.learningRate"], { name: "own" });
  assertEquals(inConfig(0.5)["scaleByLearningRate.learningRate"], 0.5);
  for (const make of [adam, adamW, sgd]) {
    const made = make({ learningRate: schedule });
    assertEquals(made.options.learningRate, { name: "cosineWarmupLr", ...options });
    assertEquals(made.learningRate, schedule);
    assertEquals(made.init({}).learningRate, 1);
    assertEquals(made.check([]), null);
  }
});
