/**
 * What can be measured, by subject.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import type { Case } from "./measure.ts";

/** What the cases of a subject are made of. */
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
  /** As `--filter` finds it. */
  readonly name: string;
  /** "device" is measured on every backend; what is plain TypeScript, "host", once. */
  readonly where: "device" | "host";
  /** The cases. */
  readonly cases: (bed: Bed) => readonly Case[];
}
