/**
 * The flags that say which images, of the programs that encode some.
 *
 * @module
 */
import type { Flags, Values } from "../cli/options.ts";
import { sharedFlags } from "../cli/program.ts";
import type { FindImagesOptions } from "./inputs.ts";
import type { OriginSplit } from "../files/codes.ts";

/** Which images, and how they are taken. */
export const inputFlags = {
  seed: { ...sharedFlags.seed, help: "seed of the built-in digits" },
  data: { ...sharedFlags.data, help: "folder of the datasets' files" },
  split: {
    kind: "choice",
    help: "of datasets",
    choices: ["train", "test"],
    fallback: "test",
  },
  first: {
    kind: "integer",
    help: "so many images of each dataset, from its first on; 0 for all",
    least: 0,
    most: 1e9,
    fallback: 0,
  },
  invert: {
    kind: "switch",
    help: "invert image files: dark ink on light paper for a model of MNIST",
  },
  "skip-bad": { kind: "switch", help: "name images that cannot be read, and go on without them" },
} as const satisfies Flags;

/** What the flags say of inputs. */
export const inputOptions = (
  { data, split, first, seed }: Pick<
    Values<typeof inputFlags>,
    "data" | "split" | "first" | "seed"
  >,
): FindImagesOptions => ({ data: data ?? undefined, split: split as OriginSplit, first, seed });
