/**
 * Harder images than digits, where they can be had.
 *
 * @module
 */
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DataEnv } from "../data/environment.ts";
import { loadImages } from "../data/images.ts";

/** What was looked for. */
export type Sought =
  | {
    /** The dataset. */
    readonly found: Dataset;
  }
  | {
    /** The name of one that is nowhere to be had: "CIFAR-10". */
    readonly missing: string;
  };

/** The datasets in question. Only the smaller one is worth a download for one claim. */
const candidates = [
  { dataset: "fashion_mnist", download: true },
  { dataset: "cifar10", download: false },
] as const;

/**
 * Fashion-MNIST and CIFAR-10, or a part of it, each from the place where `loadImages` finds it; both
 * of them only from this machine in a quick form.
 *
 * @returns A dataset or a missing one for each; the error of a damaged copy.
 */
export const harderImages = (
  quick: boolean,
  env: DataEnv,
): TE.TaskEither<SparrowError, readonly Sought[]> =>
  TE.traverseSeqArray(({ dataset, download }: typeof candidates[number]) =>
    sought(
      loadImages({ dataset, seed: 0 }, download && !quick ? env : { ...env, fetch: offline }),
    )
  )(candidates);

const sought = (load: TE.TaskEither<SparrowError, Dataset>): TE.TaskEither<SparrowError, Sought> =>
  pipe(
    load,
    TE.map((found): Sought => ({ found })),
    TE.orElse((error): TE.TaskEither<SparrowError, Sought> =>
      error._tag === "DatasetUnavailable" ? TE.right({ missing: error.dataset }) : TE.left(error)
    ),
  );

const offline: DataEnv["fetch"] = () =>
  Promise.reject(new Error("it is not downloaded for a claim"));
