/**
 * Graph and layers models of TensorFlow.js, run on the current backend.
 *
 * @module
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { tf as Tf } from "../../ops/tfjs.ts";
import { joined } from "../data/bytes.ts";
import { isRecord, parseJson } from "../files/json.ts";
import type { Described, Network, NetworkInput } from "./network.ts";
import { importPart, nameOf, wordsOf } from "./packages.ts";

// ---- What the files say

/** A model.json, read. */
export interface TfjsModel {
  /** Path or address of the file. */
  readonly file: string;
  /** Graph of operations, or layers of Keras. */
  readonly kind: "graph" | "layers";
  /** Graph or layers. */
  readonly topology: Json;
  /** Names, shapes and types of the weights. */
  readonly weightSpecs: readonly unknown[];
  /** Names of the files of the weights, beside model.json, in order. */
  readonly shards: readonly string[];
  /** Names of inputs and outputs; not there in every file. */
  readonly signature: Json;
}

type Json = Readonly<Record<string, unknown>>;

/** Returns a value of a parsed file as a record; empty where it is none. */
const record = (value: unknown): Json => isRecord(value) ? value : {};

/** Returns a value of a parsed file as a list; empty where it is none. */
const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

const text = (value: unknown): string => typeof value === "string" ? value : "";

/**
 * Reads a model.json.
 *
 * @returns The description; `CorruptFile` where it is not one, or names files that are not beside it.
 */
export function readTfjsModel(
  file: string,
  bytes: Uint8Array,
): E.Either<CorruptFile, TfjsModel> {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  const whole = record(parseJson(new TextDecoder().decode(bytes)));
  const topology = record(whole.modelTopology);
  const kind = Array.isArray(topology.node)
    ? "graph"
    : isRecord(topology.model_config) || isRecord(topology.config)
    ? "layers"
    : null;
  if (kind === null) {
    return corrupt(
      "expected the model.json of a graph or layers model of TensorFlow.js, current value has neither",
    );
  }
  const groups = list(whole.weightsManifest).map(record);
  const shards = groups.flatMap(({ paths }) => list(paths));
  const odd = shards.find((path) => typeof path !== "string" || !/^[\w-][\w.-]*$/.test(path));
  if (odd !== undefined || shards.length === 0) {
    return corrupt(
      `expected names of files beside it in its weightsManifest, current value is ${
        JSON.stringify(odd ?? null).slice(0, 80)
      }`,
    );
  }
  return E.right({
    file,
    kind,
    topology,
    weightSpecs: groups.flatMap(({ weights }) => list(weights)),
    shards: shards as readonly string[],
    signature: record(whole.signature ?? record(whole.userDefinedMetadata).signature),
  });
}

/**
 * Describes a model: its input, outputs and layers.
 *
 * The usual layer is the first output; of a classifier, whose first output comes from a dense layer, it is what that
 * layer takes.
 */
export const describeTfjs = (model: TfjsModel): E.Either<CorruptFile, Described> =>
  (model.kind === "graph" ? describeGraph : describeLayers)(model);

const noInput = ({ file }: TfjsModel, found: string): E.Either<CorruptFile, never> =>
  E.left({
    _tag: "CorruptFile",
    file,
    reason: `expected one input, a batch of pictures with four axes, current value is ${found}`,
  });

/** Describes the input by its shape, where −1 and null are unknown dimensions. */
function inputOf(shape: readonly unknown[]): NetworkInput | null {
  if (shape.length !== 4) return null;
  const [batch, second, third, fourth] = shape.map((value) =>
    Number(value) > 0 ? Number(value) : null
  );
  const isChannels = (n: number | null) => n === 1 || n === 3;
  return isChannels(second) && !isChannels(fourth)
    ? { batch, size: [third, fourth], channels: second, layout: "NCHW" }
    : { batch, size: [second, third], channels: fourth, layout: "NHWC" };
}

/** The layers of Keras, in a sequential model or another. */
function layersOf({ topology }: TfjsModel): readonly Json[] {
  const model = isRecord(topology.model_config) ? topology.model_config : topology;
  const { config } = model;
  return (Array.isArray(config) ? config : list(record(config).layers)).map(record);
}

const nameOfLayer = (layer: Json): string => text(layer.name) || text(record(layer.config).name);

function describeLayers(model: TfjsModel): E.Either<CorruptFile, Described> {
  const layers = layersOf(model);
  const shapes = layers.map(({ config }) =>
    record(config).batch_input_shape ?? record(config).batch_shape
  ).filter((shape) => Array.isArray(shape));
  const input = inputOf(list(shapes[0]));
  if (input === null) return noInput(model, JSON.stringify(shapes.slice(0, 3)));
  const names = layers.map(nameOfLayer);
  const last = names.at(-1) ?? "";
  const feeds = (at: number): string => {
    const [[[from] = []] = []] = list(
      layers[at]?.inbound_nodes,
    ) as readonly (readonly unknown[][])[];
    return text(from) || (names[at - 1] ?? last);
  };
  let at = layers.length - 1;
  const isAfter = ["Activation", "Softmax"].includes(text(layers[at]?.class_name));
  if (isAfter) at = names.indexOf(feeds(at));
  const usual = text(layers[at]?.class_name) === "Dense" ? feeds(at) : last;
  return E.right({ input, outputs: [last], layers: names, usual, maps: "NHWC" });
}

/** A node's name without "^", which marks order, and ":0", which output. */
const nodeName = (input: unknown): string => text(input).replace(/^\^/, "").replace(/:\d+$/, "");

function describeGraph(model: TfjsModel): E.Either<CorruptFile, Described> {
  const nodes = list(model.topology.node).map(record);
  const places = nodes.filter(({ op }) => op === "Placeholder");
  const shape = places.map(({ attr }) =>
    list(record(record(record(attr).shape).shape).dim).map((dim) => record(dim).size)
  );
  const input = places.length === 1 ? inputOf(shape[0]) : null;
  if (input === null) return noInput(model, JSON.stringify(shape.slice(0, 3)));
  const used = new Set(nodes.flatMap((node) => list(node.input).map(nodeName)));
  const computed = nodes.filter(({ op }) => !["Const", "Placeholder", "NoOp"].includes(text(op)));
  const layers = computed.map(({ name }) => text(name));
  const declared = Object.values(record(model.signature.outputs)).map((output) =>
    nodeName(record(output).name)
  ).filter((name) => layers.includes(name));
  const outputs = declared.length > 0 ? declared : layers.filter((name) => !used.has(name));
  if (outputs.length === 0) return noInput(model, "a graph without an output");
  return E.right({ input, outputs, layers, usual: usualNode(outputs[0], nodes), maps: "NHWC" });
}

const AFTER = ["Softmax", "LogSoftmax", "Sigmoid", "Identity", "Reshape", "Squeeze"];

function usualNode(output: string, nodes: readonly Json[]): string {
  const byName = new Map(nodes.map((node) => [text(node.name), node]));
  const before = (node: Json | undefined) => byName.get(nodeName(list(node?.input)[0]));
  let node = byName.get(output);
  for (let steps = 0; steps < AFTER.length && AFTER.includes(text(node?.op)); steps++) {
    node = before(node);
  }
  if (["BiasAdd", "Add", "AddV2"].includes(text(node?.op))) node = before(node);
  return ["MatMul", "_FusedMatMul"].includes(text(node?.op)) && isThere(before(node))
    ? text(before(node)?.name)
    : output;
}

const isThere = (node: Json | undefined): boolean =>
  node !== undefined && node.op !== "Const" && node.op !== "Placeholder";

// ---- Running it

/** The parts of the packages that are used. */
interface Loaders {
  readonly loadGraphModel: (handler: unknown) => Promise<GraphModel>;
  readonly loadLayersModel: (handler: unknown) => Promise<LayersModel>;
  readonly model: (parts: { readonly inputs: unknown; readonly outputs: unknown }) => LayersModel;
}

interface GraphModel {
  readonly execute: (input: Tf.Tensor, layer: string) => Tf.Tensor;
  readonly dispose: () => void;
}

interface LayersModel {
  readonly inputs: unknown;
  readonly getLayer: (name: string) => { readonly output: unknown };
  readonly predict: (input: Tf.Tensor, options: { readonly batchSize: number }) => Tf.Tensor;
  readonly dispose: () => unknown;
}

/** A model on a backend. */
interface Loaded {
  readonly backend: string;
  readonly run: (input: Tf.Tensor) => Tf.Tensor;
  readonly free: () => void;
}

/** A model as it is run. */
export interface TfjsPlan {
  readonly model: TfjsModel;
  /** The files of the weights, in order. */
  readonly shards: readonly Uint8Array[];
  readonly layer: string;
  /** Shape of a sample. */
  readonly shape: readonly number[];
  /** Pictures per batch where the model fixes them; else null. */
  readonly batch: number | null;
}

/** Pictures per batch where the model leaves it open: the features of a picture do not depend on those beside it. */
const BATCH = 1;

/**
 * Loads a model of TensorFlow.js. Its weights are put on a backend when it is first run there.
 *
 * @returns The network; `BackendUnavailable` where the package that loads it cannot be had; `CorruptFile` where the
 * package refuses the model.
 */
export const tfjsNetwork = (plan: TfjsPlan): TE.TaskEither<SparrowError, Network> => async () => {
  const { tf } = await import("../../ops/tfjs.ts");
  const { kind, file } = plan.model;
  const imported = await importPart(kind);
  if (E.isLeft(imported)) return imported;
  const loaders = imported.right as Loaders;
  let loaded: Loaded | null = null;
  const onBackend = async (): Promise<Loaded> => {
    await tf.ready();
    const backend = tf.getBackend();
    if (loaded?.backend === backend) return loaded;
    loaded?.free();
    loaded = null;
    return loaded = { backend, ...await load(loaders, plan) };
  };
  try {
    // Before a program has started one, there is no backend to find a fault on.
    if (tf.getBackend() !== undefined) await onBackend();
  } catch (thrown) {
    const reason = `expected a model that TensorFlow.js takes, it says: ${wordsOf(thrown)}`;
    return E.left({ _tag: "CorruptFile", file, reason });
  }
  return E.right({
    runtime: nameOf(kind),
    batch: plan.batch ?? BATCH,
    atOnce: 1,
    run: async (input, count) => {
      const model = await onBackend();
      const output = tf.tidy(() => model.run(tf.tensor(input, [count, ...plan.shape])));
      try {
        const data = await output.data();
        return { shape: output.shape, data: Float32Array.from(data) };
      } finally {
        output.dispose();
      }
    },
    close: () => {
      loaded?.free();
      loaded = null;
    },
  });
};

/**
 * A model's topology with an input of another size. Convolutions take pictures of any size; TensorFlow.js only
 * compares them with what the file says.
 */
function resized({ kind, topology }: TfjsModel, shape: readonly number[]): Json {
  if (kind === "graph") {
    const node = list(topology.node).map(record).map((node) => {
      if (node.op !== "Placeholder") return node;
      const attr = record(node.attr);
      const [batch] = list(record(record(attr.shape).shape).dim);
      const dim = [batch, ...shape.map((size) => ({ size: String(size) }))];
      return { ...node, attr: { ...attr, shape: { shape: { dim } } } };
    });
    return { ...topology, node };
  }
  const inputs = ["batch_input_shape", "batch_shape"];
  const renewed = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(renewed) : !isRecord(value) ? value : Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        inputs.includes(name) && Array.isArray(part) ? [part[0], ...shape] : renewed(part),
      ]),
    );
  return record(renewed(topology));
}

async function load(
  loaders: Loaders,
  { model, shards, layer, shape }: TfjsPlan,
): Promise<Omit<Loaded, "backend">> {
  const artifacts = {
    modelTopology: resized(model, shape),
    weightSpecs: model.weightSpecs,
    weightData: Uint8Array.from(joined(shards)).buffer,
    signature: model.signature,
  };
  const handler = { load: () => Promise.resolve(artifacts) };
  if (model.kind === "graph") {
    const graph = await loaders.loadGraphModel(handler);
    return { run: (input) => graph.execute(input, layer), free: () => graph.dispose() };
  }
  const layers = await loaders.loadLayersModel(handler);
  const part = loaders.model({ inputs: layers.inputs, outputs: layers.getLayer(layer).output });
  return {
    run: (input) => part.predict(input, { batchSize: input.shape[0] }),
    free: () => void layers.dispose(),
  };
}
