/**
 * Trunks: networks that are not trained here, whose features of pictures codes are trained on.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { breathe, uninterrupted, type Waiting } from "../core/env.ts";
import { firstNonFinite, type Normalisation, type TrunkReference } from "../data/dataset.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import type { InputLayout } from "../encode/pictures.ts";
import {
  type Described,
  layerNamed,
  type LayerOutput,
  type Network,
  noSuchLayer,
} from "./network.ts";
import { obtainTrunk, type TrunkFiles } from "./obtain.ts";
import { describeOnnx, onnxNetwork, type Onnxruntime, withOutput } from "./onnx_network.ts";
import { wordsOf } from "./packages.ts";
import { describeTfjs, tfjsNetwork } from "./tfjs_network.ts";

/** The name of a normalisation that well known models were trained with. */
export type TrunkNormalisation = "imagenet" | "clip" | "0..1" | "-1..1" | "0..255";

/**
 * Normalisations that well known models were trained with: of ImageNet's means and deviations (torchvision, timm,
 * DINOv2), of CLIP's, to 0…1, to −1…1, and none, for models that take bytes from 0 to 255.
 */
export const trunkNormalisations: Readonly<Record<TrunkNormalisation, Normalisation>> = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  clip: {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
  "0..1": { mean: [0], std: [1] },
  "-1..1": { mean: [0.5], std: [0.5] },
  "0..255": { mean: [0], std: [1 / 255] },
};

/** Options of {@linkcode loadTrunk}. */
export interface TrunkOptions {
  /**
   * Name of the tensor, of Keras the layer, whose values are the features; the end of a long name is enough, after a
   * slash, where no other ends so.
   *
   * @default the first output, or what the last linear layer of a classifier takes
   */
  readonly layer?: string;
  /**
   * Pooling of a map of features into one vector: its average over rows and columns, or over tokens; the first of its
   * tokens, which is the class token of most vision transformers; or all of it.
   *
   * @default {"average"}
   */
  readonly pooling?: TrunkReference["pooling"];
  /**
   * Rows and columns of pictures, each from 1 to 4096. A model of TensorFlow.js may be given another size than it
   * says: fewer pixels take less time.
   *
   * @default what the model says; 224 where it says nothing
   */
  readonly size?: readonly [height: number, width: number];
  /**
   * Normalisation of pictures, which no model says.
   *
   * @default {"imagenet"} for ONNX, "0..1" for TensorFlow.js
   */
  readonly normalisation?: TrunkNormalisation | Normalisation;
  /** SHA-256 that the trunk must have. @default any */
  readonly sha256?: string;
  /** onnxruntime as a module, where the program has imported one. @default it is loaded when it is needed */
  readonly onnxruntime?: Onnxruntime;
  /** Files, network and variables. @default this machine */
  readonly dataEnv?: DataEnv;
  /** Environment whose signal stops a download. @default it is never stopped */
  readonly env?: Waiting;
}

/** A trunk that is ready to run. */
export interface Trunk {
  /** Settings that determine its features. */
  readonly reference: TrunkReference;
  /** The program that computes: "onnxruntime-web 1.30.0". */
  readonly runtime: string;
  /**
   * Computes features of pictures.
   *
   * @param pixels Pictures of the trunk's size and colours, 0 to 255, one after the other.
   * @returns The features, as many floats per picture as the layer has, pooled; `Interrupted`; `InvalidOption` where
   * the network does not take the pictures, or gives a number that is not finite.
   */
  readonly features: (
    pixels: Uint8Array,
    options?: { readonly env?: Waiting },
  ) => TE.TaskEither<SparrowError, Float32Array>;
  /** Gives threads and memory back. Where the trunk has threads, a program ends only after this, or by `Deno.exit`. */
  readonly close: () => void;
}

/** Size and colours of the pictures that a trunk takes. */
export const layoutOfTrunk = ({ size, colour }: TrunkReference): InputLayout => ({ size, colour });

/**
 * Loads a trunk: an ONNX model, which onnxruntime runs, or a graph or layers model of TensorFlow.js (a model.json
 * with its weights beside it), which runs on the current backend.
 *
 * onnxruntime is native where Deno may call foreign functions (`--allow-ffi`), and else WebAssembly; either is
 * fetched when it is first used.
 *
 * @param source A path or an address. What is fetched is kept in the user's cache; a file that differs from the one
 * that an address had first is refused.
 * @param options Options, as {@linkcode TrunkOptions} describes them.
 * @returns The trunk; `FileUnavailable`, `CorruptFile` and `ChecksumMismatch` for a file that is missing, damaged, or
 * another than it was; `InvalidOption` for a layer that is not there, for a size that the model does not take, and
 * for another hash than the expected; `BackendUnavailable` where the runtime cannot be had.
 *
 * @example
 * ```ts ignore
 * import { loadTrunk } from "./trunk.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const trunk = await orThrow(loadTrunk("mobilenet_v3.onnx"));
 * const { size } = trunk.reference;
 * const features = await orThrow(trunk.features(new Uint8Array(size[0] * size[1] * 3)));
 * trunk.close();
 * ```
 */
export const loadTrunk = (
  source: string,
  options: TrunkOptions = {},
): TE.TaskEither<SparrowError, Trunk> =>
async () => {
  const { dataEnv: data = denoDataEnv, env: { signal } = uninterrupted } = options;
  const files = await obtainTrunk(source, { data, signal })();
  if (E.isLeft(files)) return files;
  const { sha256: expected } = options;
  if (expected !== undefined && files.right.sha256 !== expected) {
    return E.left(anotherTrunk(files.right, expected));
  }
  const described = files.right.tfjs === null
    ? describeOnnx(source, files.right.onnx!)
    : describeTfjs(files.right.tfjs.model);
  if (E.isLeft(described)) return described;
  const reference = referenceOf(files.right, described.right, options);
  if (E.isLeft(reference)) return reference;
  const network = await networkOf(files.right, described.right, reference.right, options)();
  if (E.isLeft(network)) return network;
  return E.right(trunkOf(reference.right, network.right, described.right));
};

const anotherTrunk = ({ source, sha256 }: TrunkFiles, expected: string): SparrowError =>
  invalidOption(
    "--trunk",
    `${source}, of SHA-256 ${sha256.slice(0, 12)}…`,
    `the trunk of SHA-256 ${expected.slice(0, 12)}…`,
  );

const largestSide = 4096;

/** Returns the reference of the trunk: the file's description, completed and checked. */
function referenceOf(
  { source, sha256, tfjs }: TrunkFiles,
  described: Described,
  options: TrunkOptions,
): E.Either<SparrowError, TrunkReference> {
  const { input, usual } = described;
  const { layer: named = usual, pooling = "average" } = options;
  const layer = layerNamed(named, described);
  if (layer === null) return E.left(noSuchLayer(named, described));
  const channels = input.channels ?? 3;
  if (channels !== 1 && channels !== 3) {
    const reason = `expected pictures of 1 or 3 channels, current value is ${channels}`;
    return E.left({ _tag: "CorruptFile", file: source, reason });
  }
  // What TensorFlow.js runs takes pictures of another size than its file says, where its layers do.
  const fixed = tfjs === null ? input.size : [null, null];
  const [height, width] = [0, 1].map((i) => fixed[i] ?? options.size?.[i] ?? input.size[i] ?? 224);
  const said = fixed.map((n) => n ?? "any");
  const misfits = options.size !== undefined &&
    (options.size[0] !== height || options.size[1] !== width);
  if (misfits || [height, width].some((n) => !Number.isInteger(n) || n < 1 || n > largestSide)) {
    return E.left(invalidOption(
      "the size of the trunk's pictures",
      `[${(options.size ?? [height, width]).join(", ")}]`,
      `[height, width], integers from 1 to ${largestSide}, and what the model takes: [${
        said.join(", ")
      }]`,
    ));
  }
  const { normalisation: given = tfjs === null ? "imagenet" : "0..1" } = options;
  const known = typeof given === "string" ? trunkNormalisations[given] : given;
  // A grey picture has one channel: the middle one stands for all.
  const normalisation = channels === 1 && known.mean.length === 3
    ? { mean: [known.mean[1]], std: [known.std[1]] }
    : known;
  const { mean, std } = normalisation;
  if (
    mean.length !== std.length || ![1, channels].includes(mean.length) ||
    !mean.every(Number.isFinite) || !std.every((deviation) => deviation > 0 && deviation < Infinity)
  ) {
    return E.left(invalidOption(
      "the trunk's normalisation",
      `the means [${mean}] and deviations [${std}]`,
      `finite means, and as many deviations above 0: 1 or ${channels}`,
    ));
  }
  return E.right({
    source,
    sha256,
    layer,
    pooling,
    size: [height, width],
    colour: channels === 1 ? "grey" : "rgb",
    layout: input.layout,
    normalisation,
  });
}

function networkOf(
  { source, onnx, tfjs }: TrunkFiles,
  described: Described,
  { layer, size, colour, layout }: TrunkReference,
  { onnxruntime }: TrunkOptions,
): TE.TaskEither<SparrowError, Network> {
  const channels = colour === "rgb" ? 3 : 1;
  const shape = layout === "NCHW" ? [channels, ...size] : [...size, channels];
  const { batch } = described.input;
  if (tfjs !== null) return tfjsNetwork({ ...tfjs, layer, shape, batch });
  const { name } = described as Described & { readonly name: string };
  const model = described.outputs.includes(layer) ? onnx! : withOutput(onnx!, layer);
  return onnxNetwork({ file: source, model, name, layer, shape, batch }, { onnxruntime });
}

function trunkOf(reference: TrunkReference, network: Network, { maps }: Described): Trunk {
  const { size: [height, width], colour } = reference;
  const area = height * width * (colour === "rgb" ? 3 : 1);
  const toInput = inputMaker(reference);
  const features: Trunk["features"] = (pixels, { env = uninterrupted } = {}) => async () => {
    if (pixels.length === 0 || pixels.length % area !== 0) {
      const expected = `pictures of ${area} bytes, as the trunk takes`;
      return E.left(invalidOption("data", `${pixels.length} bytes`, expected));
    }
    const count = pixels.length / area;
    const rows: Float32Array[] = new Array(Math.ceil(count / network.batch));
    let next = 0;
    // Each takes one batch after the other, as long as there are some.
    const work = async () => {
      while (next < rows.length && !env.signal.aborted) {
        const at = next++;
        const first = at * network.batch;
        const own = pixels.subarray(first * area, (first + network.batch) * area);
        const output = await network.run(toInput(own, network.batch), network.batch);
        const pooled = poolFeatures(output, reference.pooling, maps);
        rows[at] = pooled.subarray(0, pooled.length / network.batch * (own.length / area));
        await breathe(env);
      }
    };
    const stopped = new Promise<void>((resolve) =>
      env.signal.addEventListener("abort", () => resolve(), { once: true })
    );
    try {
      const workers = Math.min(network.atOnce, rows.length);
      await Promise.race([Promise.all(Array.from({ length: workers }, work)), stopped]);
    } catch (thrown) {
      return E.left(notRun(reference, thrown));
    }
    if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
    const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const row of rows) {
      all.set(row, at);
      at += row.length;
    }
    const bad = firstNonFinite(all);
    if (bad < 0) return E.right(all);
    const picture = Math.floor(bad / (all.length / count));
    const actual = `${all[bad]} for picture ${picture}`;
    return E.left(invalidOption(`the layer ${reference.layer}`, actual, "finite features"));
  };
  return { reference, runtime: network.runtime, features, close: network.close };
}

const notRun = ({ source, layer, size, layout }: TrunkReference, thrown: unknown): SparrowError => {
  const reason =
    `expected a network that takes pictures of [${size.join(", ")}] in ${layout} and ` +
    `gives the layer ${layer}, it says: ${wordsOf(thrown)}`;
  return { _tag: "CorruptFile", file: source, reason };
};

/** Makes the input of a batch: normalised, in the order of the network's axes, padded with zeros. */
function inputMaker(
  { size: [height, width], colour, layout, normalisation: { mean, std } }: TrunkReference,
): (pixels: Uint8Array, batch: number) => Float32Array {
  const channels = colour === "rgb" ? 3 : 1;
  const plane = height * width;
  const area = plane * channels;
  const values = Array.from({ length: channels }, (_, channel) => {
    const [m, s] = [mean, std].map((list) => list[list.length === 1 ? 0 : channel]);
    return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / s);
  });
  return (pixels, batch) => {
    const input = new Float32Array(batch * area);
    const count = pixels.length / area;
    for (let picture = 0; picture < count; picture++) {
      const from = picture * area;
      for (let channel = 0; channel < channels; channel++) {
        const table = values[channel];
        const [start, step] = layout === "NCHW"
          ? [from + channel * plane, 1]
          : [from + channel, channels];
        for (let i = 0; i < plane; i++) {
          input[start + i * step] = table[pixels[from + i * channels + channel]];
        }
      }
    }
    return input;
  };
}

/**
 * Makes one vector per picture of a layer's output.
 *
 * @param maps Order of the axes of a map of four axes.
 * @returns count × width numbers.
 *
 * @example
 * ```ts
 * import { poolFeatures } from "./trunk.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // One picture, two channels of two pixels each.
 * const map = { shape: [1, 2, 1, 2], data: Float32Array.of(1, 3, 10, 30) };
 * assertEquals(poolFeatures(map, "average", "NCHW"), Float32Array.of(2, 20));
 * assertEquals(poolFeatures(map, "flatten", "NCHW"), map.data);
 * // One picture, two tokens of two numbers each.
 * const tokens = { shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) };
 * assertEquals(poolFeatures(tokens, "first", "NCHW"), Float32Array.of(1, 2));
 * ```
 */
export function poolFeatures(
  { shape, data }: LayerOutput,
  pooling: TrunkReference["pooling"],
  maps: Described["maps"],
): Float32Array {
  const [count, ...rest] = shape;
  if (pooling === "flatten" || rest.length < 2) return data;
  const channelsFirst = rest.length === 3 && maps === "NCHW";
  const width = channelsFirst ? rest[0] : rest[rest.length - 1];
  const places = data.length / count / width;
  const pooled = new Float32Array(count * width);
  const taken = pooling === "first" ? 1 : places;
  for (let sample = 0; sample < count; sample++) {
    for (let channel = 0; channel < width; channel++) {
      let sum = 0;
      for (let place = 0; place < taken; place++) {
        sum += data[
          sample * width * places +
          (channelsFirst ? channel * places + place : place * width + channel)
        ];
      }
      pooled[sample * width + channel] = sum / taken;
    }
  }
  return pooled;
}
