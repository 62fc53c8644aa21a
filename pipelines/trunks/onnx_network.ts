/**
 * ONNX models, run by onnxruntime: the native library where foreign functions are allowed, else WebAssembly, which
 * needs no permission.
 *
 * @module
 */
import type { BackendUnavailable, CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { decodeModel, ElementType, type OnnxModel, type OnnxNode } from "../onnx/proto.ts";
import type { Described, LayerOutput, Network } from "./network.ts";
import { importPart, inDeno, nameOf, wordsOf } from "./packages.ts";

// ---- What the file says

/**
 * Reads the description of an ONNX file's input, its outputs and the tensors between.
 *
 * The usual layer is the first output; of a classifier, whose first output comes from a linear layer with a bias
 * (and Softmax or the like), it is what that layer takes.
 *
 * @returns The description; `CorruptFile` where the bytes are not an ONNX model, or one that takes anything but one
 * batch of pictures in float32.
 */
export function describeOnnx(
  file: string,
  bytes: Uint8Array,
): E.Either<CorruptFile, Described & { readonly name: string }> {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  const decoded = decodedOrNull(bytes);
  const graph = decoded?.graph;
  if (graph === undefined || graph.output.length === 0) {
    return corrupt(
      `expected an ONNX model, current value is ${bytes.length} bytes of something else`,
    );
  }
  if (graph.initializer.some(({ dataLocation }) => dataLocation === 1)) {
    return corrupt(
      "expected all weights in the file, current value is a model whose weights are in another file",
    );
  }
  const held = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !held.has(name));
  const [input] = inputs;
  const type = input?.type?.tensorType;
  const dims = type?.shape?.dim;
  if (inputs.length !== 1 || type?.elemType !== ElementType.float || dims?.length !== 4) {
    const found = inputs.map(({ name, type }) =>
      `${name} [${
        (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) =>
          dimValue || dimParam || "?"
        ).join(", ")
      }] of type ${type?.tensorType?.elemType ?? "unknown"}`
    );
    return corrupt(
      "expected one input, a batch of pictures in float32 (type 1) with four axes, current value is " +
        (found.join(" and ") || "none"),
    );
  }
  const [batch, second, third, fourth] = dims.map(({ dimValue }) =>
    dimValue === undefined || dimValue <= 0n ? null : Number(dimValue)
  );
  const isChannels = (n: number | null) => n === 1 || n === 3;
  const last = isChannels(fourth) && !isChannels(second);
  const layers = graph.node.flatMap(({ output = [] }) => output).filter((name) => name !== "");
  const outputs = graph.output.map(({ name }) => name);
  return E.right({
    name: input.name,
    input: {
      batch,
      size: last ? [second, third] : [third, fourth],
      channels: last ? fourth : second,
      layout: last ? "NHWC" : "NCHW",
    },
    outputs,
    layers,
    usual: usualLayer(outputs[0], graph.node, held),
    maps: "NCHW",
  });
}

function decodedOrNull(bytes: Uint8Array): OnnxModel | null {
  try {
    return decodeModel(bytes);
  } catch {
    return null;
  }
}

/** Nodes after a classifier's linear layer that hand its numbers on, each in its own way. */
const AFTER = [
  "Softmax",
  "LogSoftmax",
  "Sigmoid",
  "Identity",
  "Flatten",
  "Reshape",
  "Squeeze",
  "Cast",
];

/** The layer to take where none is named. */
function usualLayer(
  output: string,
  nodes: readonly Partial<OnnxNode>[],
  held: ReadonlySet<string | undefined>,
): string {
  const makers = new Map(
    nodes.flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)),
  );
  let node = makers.get(output);
  for (let steps = 0; steps < AFTER.length && AFTER.includes(node?.opType ?? ""); steps++) {
    node = makers.get(node?.input?.[0] ?? "");
  }
  if (node?.opType === "Gemm") return node.input?.[0] ?? output;
  if (node?.opType !== "Add") return output;
  const [products, biases] = [node.input ?? [], node.input ?? []].map((names, i) =>
    names.filter((name) => held.has(name) === (i === 1))
  );
  const product = makers.get(products[0] ?? "");
  return biases.length === 1 && product?.opType === "MatMul" && held.has(product.input?.[1])
    ? product.input?.[0] ?? output
    : output;
}

/**
 * Adds an output to an ONNX model: one of its inner tensors. The model's bytes stay as they are; protobuf merges
 * the graph that is appended with the one that is there.
 *
 * @param name Name of the tensor, of fewer than 2^14 − 16 bytes in UTF-8.
 */
export function withOutput(bytes: Uint8Array, name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  // ValueInfoProto.name = 1, GraphProto.output = 12, ModelProto.graph = 7: https://github.com/onnx/onnx, onnx.proto.
  const value = field(1, text);
  const graph = field(7, field(12, value));
  const whole = new Uint8Array(bytes.length + graph.length);
  whole.set(bytes);
  whole.set(graph, bytes.length);
  return whole;
}

/** A field of protobuf that has a length. */
function field(number: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const head = length < 0x80
    ? [8 * number + 2, length]
    : [8 * number + 2, 0x80 | length & 0x7f, length >> 7];
  return Uint8Array.of(...head, ...content);
}

// ---- The runtimes

/** Interface of onnxruntime as a module, `onnxruntime-node` or `onnxruntime-web`: the part that is used. */
export interface Onnxruntime {
  /** Makes a tensor. */
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
  /** Loads models. */
  readonly InferenceSession: {
    /** Loads a model. */
    readonly create: (
      model: Uint8Array,
      options?: Readonly<Record<string, unknown>>,
    ) => Promise<object>;
  };
  /** Settings of the module. */
  readonly env: {
    /** Settings of the runtime's WebAssembly. @default none */
    readonly wasm?: {
      /** Threads of a session. */
      numThreads?: number;
    };
  };
}

/** A tensor that onnxruntime has made: the part of the interface that is used. */
interface OrtTensor {
  readonly dims: readonly number[];
  readonly type: string;
  readonly data: unknown;
}

/** A model in onnxruntime: the part of the interface that is used. */
interface OrtSession {
  readonly run: (
    feeds: Readonly<Record<string, object>>,
    fetches: readonly string[],
  ) => Promise<Readonly<Record<string, OrtTensor>>>;
  readonly release: () => Promise<void>;
}

/** The build that may run without a question: native code where foreign functions are allowed. */
const allowedBuild = (): "native" | "wasm" =>
  !inDeno() || Deno.permissions.querySync({ name: "ffi" }).state === "granted" ? "native" : "wasm";

/** Loads a model into a session that gives one layer. */
export async function session(
  ort: Onnxruntime,
  model: Uint8Array,
): Promise<OrtSession> {
  // One thread per picture, and pictures on all cores: faster than all threads for one picture, and the only way in
  // WebAssembly, whose threads are started from blobs, which Deno does not import.
  if (ort.env.wasm !== undefined) ort.env.wasm.numThreads = 1;
  // Errors are returned: they need not be printed as well.
  const options = { logSeverityLevel: 4, intraOpNumThreads: 1, interOpNumThreads: 1 };
  return await ort.InferenceSession.create(model, options) as OrtSession;
}

/** Inputs of a session. */
export interface Feed {
  /** Name of the input. */
  readonly name: string;
  /** Shape of the input, the batch first. */
  readonly shape: readonly number[];
  /** The layer to take. */
  readonly layer: string;
}

/** Runs a session on a batch. */
export async function runSession(
  ort: Onnxruntime,
  loaded: OrtSession,
  { name, shape, layer }: Feed,
  input: Float32Array,
): Promise<LayerOutput> {
  const found = await loaded.run({ [name]: new ort.Tensor("float32", input, shape) }, [layer]);
  const { dims, type, data } = found[layer];
  if (!(data instanceof Float32Array)) {
    throw new Error(`expected a layer of float32, current value is ${layer} of ${type}`);
  }
  return { shape: dims, data };
}

/** A model as it is run. */
export interface OnnxPlan {
  /** The file's name, for errors. */
  readonly file: string;
  /** The model, with the layer among its outputs. */
  readonly model: Uint8Array;
  /** Name of its input. */
  readonly name: string;
  /** The layer to take. */
  readonly layer: string;
  /** Shape of a sample. */
  readonly shape: readonly number[];
  /** Pictures per batch where the model fixes them; else null. */
  readonly batch: number | null;
}

/**
 * Pictures per batch where the model leaves it open: more are hardly faster, and the features of a picture do not
 * depend on those beside it.
 */
const BATCH = 1;

/** Pictures at once at most, and bytes of the models that workers hold together. */
const [MOST_WORKERS, MOST_BYTES] = [16, 1e9];

/** Options of {@linkcode onnxNetwork}. */
export interface OnnxNetworkOptions {
  /** A runtime that the program has imported. @default the one that {@linkcode allowedBuild} says */
  readonly onnxruntime?: Onnxruntime;
}

/**
 * Loads an ONNX model into onnxruntime.
 *
 * @returns The network; `CorruptFile` where the runtime refuses the model; `BackendUnavailable` where the runtime
 * cannot be loaded.
 */
export const onnxNetwork = (
  plan: OnnxPlan,
  { onnxruntime }: OnnxNetworkOptions,
): TE.TaskEither<SparrowError, Network> =>
async () => {
  if (onnxruntime !== undefined) return await here(onnxruntime, plan, "onnxruntime");
  const allowed = allowedBuild();
  if (allowed === "native") {
    const native = await importPart("native");
    if (E.isRight(native)) return await here(native.right as Onnxruntime, plan, nameOf("native"));
  }
  // Node.js has no workers of the web.
  if (typeof Worker !== "undefined" && inDeno()) return await inWorkers(plan);
  const wasm = await importPart("wasm");
  return E.isLeft(wasm) ? wasm : await here(wasm.right as Onnxruntime, plan, nameOf("wasm"));
};

const refused = ({ file }: OnnxPlan, reason: string): CorruptFile => ({
  _tag: "CorruptFile",
  file,
  reason: `expected a model that onnxruntime takes, it says: ${reason}`,
});

const coresAtMost = (most: number): number => Math.min(most, navigator.hardwareConcurrency);

/** One session: the native library runs it in several threads at a time, one per call. */
async function here(
  ort: Onnxruntime,
  plan: OnnxPlan,
  runtime: string,
): Promise<E.Either<SparrowError, Network>> {
  try {
    const loaded = await session(ort, plan.model);
    return E.right({
      runtime,
      batch: plan.batch ?? BATCH,
      atOnce: runtime === nameOf("native") ? coresAtMost(MOST_WORKERS) : 1,
      run: (input, count) => runSession(ort, loaded, feedOf(plan, count), input),
      close: () => void loaded.release().catch(() => {}),
    });
  } catch (thrown) {
    return E.left(refused(plan, wordsOf(thrown)));
  }
}

const feedOf = ({ name, layer, shape }: OnnxPlan, count: number): Feed => ({
  name,
  layer,
  shape: [count, ...shape],
});

// ---- WebAssembly in workers

/** A message to a worker. */
export type ToWorker =
  | { readonly model: Uint8Array }
  | { readonly feed: Feed; readonly input: Float32Array };

/** A message from a worker. */
export type FromWorker =
  | { readonly _tag: "ready" }
  | { readonly _tag: "done"; readonly output: LayerOutput }
  | {
    readonly _tag: "failed";
    readonly reason: string;
    /** Reason why the runtime cannot be loaded. @default none */
    readonly unavailable?: BackendUnavailable;
  };

/** A session in each of several workers: a batch is computed on one core, and batches on all. */
async function inWorkers(plan: OnnxPlan): Promise<E.Either<SparrowError, Network>> {
  const most = Math.max(1, coresAtMost(Math.min(MOST_WORKERS, MOST_BYTES / plan.model.length | 0)));
  const all: Worker[] = [];
  const free: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const started = async (): Promise<E.Either<Failed, Worker>> => {
    const worker = new Worker(new URL("./onnx_worker.ts", import.meta.url), { type: "module" });
    all.push(worker);
    const answer = await asked(worker, { model: plan.model });
    return answer._tag === "failed" ? E.left(answer) : E.right(worker);
  };
  const close = () => all.splice(0).forEach((worker) => worker.terminate());
  const first = await started();
  if (E.isLeft(first)) {
    close();
    const { unavailable, reason } = first.left;
    return E.left(unavailable ?? refused(plan, reason));
  }
  free.push(first.right);
  const obtain = async (): Promise<Worker> => {
    const worker = free.pop();
    if (worker !== undefined) return worker;
    if (all.length >= most) return await new Promise((resolve) => waiting.push(resolve));
    const more = await started();
    if (E.isLeft(more)) throw new Error(more.left.reason);
    return more.right;
  };
  const giveBack = (worker: Worker) => {
    const next = waiting.shift();
    if (next === undefined) free.push(worker);
    else next(worker);
  };
  const run = async (input: Float32Array, count: number): Promise<LayerOutput> => {
    const worker = await obtain();
    const answer = await asked(worker, { feed: feedOf(plan, count), input }, [input.buffer]);
    giveBack(worker);
    if (answer._tag === "done") return answer.output;
    throw new Error(answer._tag === "failed" ? answer.reason : "the worker is out of step");
  };
  return E.right({ runtime: nameOf("wasm"), batch: plan.batch ?? BATCH, atOnce: most, run, close });
}

type Failed = Extract<FromWorker, { readonly _tag: "failed" }>;

const asked = (
  worker: Worker,
  message: ToWorker,
  transfer: readonly ArrayBufferLike[] = [],
): Promise<FromWorker> =>
  new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve({ _tag: "failed", reason: event.message });
    };
    worker.postMessage(message, transfer as Transferable[]);
  });
