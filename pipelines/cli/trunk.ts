/**
 * The flags of programs that train on a trunk's features, and the way from them to a dataset.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { type DatasetName, loadImages } from "../data/images.ts";
import { count } from "../report/format.ts";
import type { TrunkNormalisation, TrunkOptions } from "../trunks/trunk.ts";
import type { Flags, Values } from "./options.ts";
import type { Context } from "./program.ts";
import { duration } from "./text.ts";
import type { Begun } from "./training.ts";

/** The flags that say which features: all null without `--trunk`. */
export const trunkFlags = {
  trunk: {
    kind: "text",
    help: "train on the features of a network: an ONNX file, or a model.json of TensorFlow.js",
    value: "FILE|URL",
  },
  layer: {
    kind: "text",
    help: "the trunk's tensor to take [what its classifier takes, or its first output]",
    value: "NAME",
  },
  pooling: {
    kind: "choice",
    help: "how a map of features becomes one vector [average]",
    choices: ["average", "first", "flatten"],
    fallback: null,
  },
  normalisation: {
    kind: "choice",
    help: "what the trunk expects of pixels [imagenet; for TensorFlow.js 0..1]",
    // Not the keys of `trunkNormalisations`, which would load the trunks for every program.
    choices: ["imagenet", "clip", "0..1", "-1..1", "0..255"] as readonly TrunkNormalisation[],
    fallback: null,
  },
  "trunk-size": {
    kind: "integer",
    help: "rows and columns of the trunk's pictures [what it says, or 224]",
    least: 1,
    most: 4096,
    fallback: null,
  },
} as const satisfies Flags;

type TrunkValues = Values<typeof trunkFlags>;

/** Refuses flags of a trunk where there is none. */
export const trunkRefusal = ({ trunk, ...others }: TrunkValues): InvalidOption | null => {
  const [flag] = Object.keys(trunkFlags).filter((name) =>
    name !== "trunk" && (others as Readonly<Record<string, unknown>>)[name] !== null
  );
  return trunk !== null || flag === undefined ? null : invalidOption(
    `--${flag}`,
    (others as Readonly<Record<string, unknown>>)[flag],
    "--trunk beside it",
  );
};

const trunkOptions = (values: TrunkValues): TrunkOptions => {
  const size = values["trunk-size"];
  return {
    layer: values.layer ?? undefined,
    pooling: (values.pooling ?? undefined) as TrunkOptions["pooling"],
    normalisation: (values.normalisation ?? undefined) as TrunkNormalisation | undefined,
    size: size === null ? undefined : [size, size],
  };
};

/** The options that name a dataset, as those of a training do. */
interface DataValues {
  readonly dataset?: string | null;
  readonly data?: string | null;
  readonly seed?: number;
  readonly "skip-bad"?: boolean;
}

/** Milliseconds between two lines of progress. */
const INTERVAL = 5000;

/**
 * Begins a training as the context does, on the features of a trunk where `--trunk` names one: images are loaded at the
 * size that it takes.
 */
export const beginOnFeatures = (
  values: TrunkValues & DataValues,
  context: Context,
): Begun =>
async () => {
  const { trunk: source, dataset, data, seed = 0, "skip-bad": skipBad } = values;
  if (source === null) return await context.beginUnlabelled();
  const { note, signal, data: dataEnv } = context;
  const env = await context.env();
  if (E.isLeft(env)) return env;
  // Loaded when they are wanted: most runs have no trunk.
  const { features, loadTrunk } = await import("../trunks/mod.ts");
  const waiting = { signal, now: env.right.now };
  const trunk = await loadTrunk(source, { ...trunkOptions(values), dataEnv, env: waiting })();
  if (E.isLeft(trunk)) return trunk;
  const { size, colour, layer } = trunk.right.reference;
  const images = await loadImages({
    dataset: (dataset ?? undefined) as DatasetName | undefined,
    data: data ?? undefined,
    seed,
    size,
    colour,
    skipBad,
  }, dataEnv)();
  if (E.isLeft(images)) return images;
  if (images.right.notice !== null) note(images.right.notice);
  let [begun, told, first] = [env.right.now(), env.right.now(), 0];
  const progress = (done: number, total: number) => {
    const now = env.right.now();
    if (first === 0 && done < total) {
      note(
        `Features of ${count(total, "image")} by ${trunk.right.runtime}, layer ${layer}` +
          (done > 0 ? `; ${done} are known` : ""),
      );
      [begun, first] = [now, done + 1];
    }
    if (now - told < INTERVAL || done === total) return;
    told = now;
    const left = (now - begun) / (done - first + 1) * (total - done) / 1000;
    note(`${done} of ${total}, ${duration(left)} left`);
  };
  const made = await pipe(
    images.right,
    features(trunk.right, { env: waiting, cache: dataEnv, progress }),
  )();
  trunk.right.close();
  return E.isLeft(made) ? made : E.right({ env: env.right, dataset: made.right });
};
