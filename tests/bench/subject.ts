/**
 * Subjects of the benchmark.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import type { Case } from "./measure.ts";

/** Inputs that the cases of a subject are made of. */
export interface Bed {
  /** The one that is current. */
  readonly backend: Backend;
  /** The images. */
  readonly data: Dataset<ImageSplit>;
  /** Whether small sizes will do: only that the cases run is of interest. */
  readonly short: boolean;
}

/** Cases that belong together and take turns. */
export interface Subject {
  /** Name of the subject, which `--filter` matches. */
  readonly name: string;
  /**
   * Place of the measurement: "device" subjects are measured on every backend, "host" subjects,
   * which are plain TypeScript, once.
   */
  readonly where: "device" | "host";
  /** The cases. */
  readonly cases: (bed: Bed) => readonly Case[];
}
