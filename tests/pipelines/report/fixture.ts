/**
 * A simulated run of twenty epochs, for looking at and for testing.
 *
 * @module
 */
import { draw, seed } from "../../../graph/rng.ts";
import type { ImageArray } from "../../../ops/saliency/image.ts";
import type { Evaluation, Reconstruction } from "../../../pipelines/core/findings.ts";
import type { History, Row, SplitName } from "../../../pipelines/core/history.ts";
import type { Centroids, ReportData } from "../../../pipelines/report/report.ts";

const stepsPerEpoch = 235;

/** Accuracy, loss, learning rate, hardness, sparsity, bits and speed of the given epochs. */
export function simulateHistory(epochs: number): History {
  const [noise] = draw(
    seed(7),
    (dice) => Array.from({ length: epochs * 4 }, () => dice.unit() - 0.5),
  );
  return Array.from({ length: epochs }, (_, i): readonly Row[] => {
    const epoch = i + 1;
    const row = (split: SplitName, name: string, value: number): Row => ({
      epoch,
      step: epoch * stepsPerEpoch,
      split,
      name,
      value,
    });
    const wobble = (k: number, size: number): number => (noise[i * 4 + k] ?? 0) * size;
    const progress = 1 - Math.exp(-i / 5);
    const jump = epoch === 10 ? 0.006 : 0;
    return [
      row("train", "loss", 0.1 * Math.exp(-i / 6) + 0.006 + jump + wobble(0, 0.002)),
      row("train", "accuracy", 0.92 + 0.0665 * progress - jump / 2 + wobble(1, 0.002)),
      row("test", "accuracy", 0.91 + 0.064 * progress - jump + wobble(2, 0.003)),
      row("run", "learning_rate", epoch < 10 ? 1e-3 : 5e-4),
      row("run", "hardness", epoch < 10 ? 2 : epoch < 20 ? 4 : 16),
      row("test", "sparsity", 0.0508 + wobble(3, 0.0004)),
      row("test", "active_min", epoch < 6 ? 22 : 26),
      row("test", "active_mean", 26 + wobble(3, epoch < 6 ? 0.8 : 0)),
      row("test", "active_max", epoch < 6 ? 31 : 26),
      row("run", "samples_per_second", 41250 + wobble(0, 3000)),
      row("run", "seconds", 1.45 + wobble(1, 0.1)),
    ];
  }).flat();
}

/** Sparse, distinct patterns: each class has units of its own and shares some with others. */
export function simulateCentroids(classes: readonly string[], units: number): Centroids {
  const k = Math.ceil(0.05 * units);
  const [means] = draw(seed(26), (dice) => {
    const owners = Array.from(
      { length: units },
      () => dice.unit() < 0.12 ? -1 : dice.integer(0, classes.length - 1),
    );
    return classes.map((_, y) =>
      Float32Array.from(owners, (owner) => {
        if (owner === -1) return 0;
        const shared = dice.unit() < 0.06 ? 0.7 * dice.unit() : 0.05 * dice.unit() ** 3;
        return owner === y ? 0.1 + 0.85 * dice.unit() ** 1.5 : shared;
      })
    );
  });
  const codes = means.map((mean) => {
    const threshold = [...mean].sort((a, b) => b - a)[k - 1] ?? 0;
    return Uint8Array.from(mean, (value) => value >= threshold && value > 0 ? 1 : 0);
  });
  return { classes, means, codes };
}

/** A picture of a bar whose height is its class. */
const bar = (label: number, side = 8): ImageArray => ({
  shape: [side, side, 1],
  data: Float32Array.from({ length: side * side }, (_, i) => Math.floor(i / side) < label ? 1 : 0),
});

/**
 * Codes that take a fifth of their bits from the next class: samples of each class, and of class 3 and 4
 * eleven that were taken for the next.
 */
export function simulateEvaluation({ classes, codes, means }: Centroids): Evaluation {
  const n = classes.length;
  const unitsOf = (label: number) =>
    Array.from(codes[label % n]).flatMap((bit, unit) => bit > 0 ? [unit] : []);
  const bitsOf = (label: number, foreign: number): Uint32Array => {
    const [own, next] = [unitsOf(label), unitsOf(label + 1)];
    return Uint32Array.from(
      [...new Set([...own.slice(foreign), ...next.slice(0, foreign)])].sort((a, b) => a - b),
    );
  };
  const counts = new Uint32Array(n * n);
  for (let c = 0; c < n; c++) counts[c * n + c] = 100;
  const wrong = [[3 % n, 7], [4 % n, 4]] as const;
  for (const [label, times] of wrong) counts[label * n + (label + 1) % n] += times;
  return {
    classes,
    confusion: { classes: n, counts },
    duty: Float64Array.from(
      { length: means[0].length },
      (_, unit) => means.reduce((sum, mean) => sum + mean[unit], 0) / n,
    ),
    samples: classes.flatMap((_, label) =>
      [0, 1].map((i) => ({ index: 2 * label + i, label, predicted: label, bits: bitsOf(label, i) }))
    ),
    confused: wrong.flatMap(([label, times]) =>
      Array.from({ length: Math.min(3, times) }, (_, i) => ({
        index: 100 + 10 * label + i,
        label,
        predicted: (label + 1) % n,
        bits: bitsOf(label, 14),
        image: bar(label),
      }))
    ),
  };
}

/** Simulates the rows of `monitor` and `watchGradients` for a network of two layers. */
export const simulateWatched = (epochs: number): History =>
  Array.from({ length: epochs }, (_, i): readonly Row[] => {
    const row = (split: SplitName, name: string, value: number): Row => ({
      epoch: i + 1,
      step: (i + 1) * stepsPerEpoch,
      split,
      name,
      value,
    });
    return [
      row("test", "inter_class_distance", 1 + i / 20),
      row("test", "intra_class_deviation", 0.9 - i / 100),
      ...["0.weight", "0.bias", "2.weight"].flatMap((path, p) => [
        row("train", `gradient_norm:${path}`, (p + 1) / (i + 1)),
        row("train", `gradient_snr:${path}`, (p + 1) / (i + 2)),
      ]),
    ];
  }).flat();

/** Images whose last column is lost. */
export const simulateReconstructions = (images: number): readonly Reconstruction[] =>
  Array.from({ length: images }, (_, index) => {
    const original = bar(index % 8);
    const data = original.data.map((value, i) => i % 8 === 7 ? 0 : 0.9 * value);
    return {
      index,
      label: String(index % 8),
      original,
      made: { ...original, data },
      missed: index % 8,
    };
  });

/** The report of a run like those of `pipelines/mnist_kwta.ts`, with what differs from it. */
export const simulate = (changes: Partial<ReportData> = {}): ReportData => ({
  title: "mnist_kwta",
  graph: "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
  dataset: "mnist (60,000 train, 10,000 test)",
  notice: null,
  history: simulateHistory(20),
  findings: { classCodes: simulateCentroids(Array.from("0123456789"), 512) },
  config: {
    pipeline: "mnist_kwta",
    seed: 26,
    backend: "wasm",
    options: { epochs: 20, batchSize: 256, learningRate: 1e-3, hidden: [64], out: null },
    versions: { sparrow: "0.1.0", deno: "2.9.6", tfjs: "4.22.0" },
  },
  finished: true,
  ...changes,
});
