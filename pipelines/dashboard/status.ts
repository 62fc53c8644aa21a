/**
 * How far a training is, put together when a page wants to know.
 *
 * @module
 */
import type { Graph } from "../../graph/node.ts";
import { show } from "../../graph/show.ts";
import type { Backend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import { secondsLeft } from "../cli/time_left.ts";
import type { TrainingProgress } from "../env.ts";
import type { Status } from "./update.ts";

/** What a training has shown of itself so far. */
export interface Seen {
  /** When the program began, by `performance.now()`. */
  readonly begun: number;
  /** When the training began; null before. */
  readonly trainingFrom: number | null;
  /** How many epochs there will be; null where nobody knows. */
  readonly epochs: number | null;
  /** null before it is started. */
  readonly backend: Backend | null;
  /** null before there is one. */
  readonly graph: Graph | null;
  /** The newest; null before the first. */
  readonly progress: TrainingProgress | null;
  /** The newest line; null before the first. */
  readonly said: string | null;
}

/** Before anything was seen, beginning now. */
export const nothingSeen = (epochs: number | null): Seen => ({
  begun: performance.now(),
  trainingFrom: null,
  epochs,
  backend: null,
  graph: null,
  progress: null,
  said: null,
});

/** Texts of graphs: the same one is asked for four times a second. */
const shown = new WeakMap<Graph, string>();

function textOf(graph: Graph): string {
  const text = shown.get(graph) ?? show(graph);
  shown.set(graph, text);
  return text;
}

/** The state at this moment. */
export function statusOf(
  { begun, trainingFrom, epochs, backend, graph, progress, said }: Seen,
): Status {
  const now = performance.now();
  const trained = trainingFrom === null ? 0 : (now - trainingFrom) / 1000;
  // tfjs would start a backend of its own if it was asked before there is one.
  const tensors = backend === null ? null : tf.memory();
  return {
    seconds: (now - begun) / 1000,
    epoch: progress?.epoch ?? 0,
    epochs,
    part: progress === null ? 0 : progress.done / progress.total,
    secondsLeft: progress === null || epochs === null || trained < 1
      ? null
      : Math.max(0, secondsLeft(progress, epochs, trained)),
    loss: progress?.loss ?? null,
    samplesPerSecond: progress?.samplesPerSecond ?? null,
    backend: backend === null ? null : backend.adapter ?? backend.name,
    memory: Deno.memoryUsage().rss,
    tensors: { bytes: tensors?.numBytes ?? 0, count: tensors?.numTensors ?? 0 },
    graph: graph === null ? null : textOf(graph),
    said,
  };
}
