/**
 * Kinds of input that Sparrow reads: good examples, their format, and the reader with all that is done with what it
 * has read.
 *
 * @module
 */
import type { E } from "../../graph/fp_ts.ts";
import { dataKinds } from "./kinds_data.ts";
import { modelKinds } from "./kinds_models.ts";
import { textKinds } from "./kinds_texts.ts";
import type { Format } from "./tree.ts";

/** Answer of a reader: a value, or an error of Sparrow's. */
export type Verdict = E.Either<unknown, unknown>;

/** Good inputs of a kind, and their reader. */
export interface Subject {
  readonly good: readonly Uint8Array[];
  /** Reads an input, and does with what was read what a program would do. */
  readonly read: (input: Uint8Array) => Verdict | Promise<Verdict>;
}

/** A kind of input. */
export interface Kind {
  /** Share of all inputs; slow readers have a small one. */
  readonly share: number;
  /** Format by which inputs are taken apart. @default they are changed as bytes, or as text where there are words */
  readonly format?: Format;
  /** Words that the texts are made of. @default they are bytes */
  readonly words?: readonly string[];
  /** Makes the good inputs and the reader. */
  readonly begin: () => Subject | Promise<Subject>;
  /** Bytes of what a reader gives, where its size is documented and bounded but not by the input's. @default 0 */
  readonly output?: (verdict: Verdict) => number;
  /** Bytes of buffers that a reader may have of its own, such as a decompressor's window. @default 256 KiB */
  readonly buffers?: number;
}

/** All kinds by name. */
export const kinds: Readonly<Record<string, Kind>> = { ...textKinds, ...modelKinds, ...dataKinds };
