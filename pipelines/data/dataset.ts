/**
 * Labelled images in memory, as bytes.
 *
 * @module
 */

/** Images of one kind with their labels, in file order. */
export interface Split {
  /** Images. */
  readonly count: number;
  /** count × (product of the dataset's shape) bytes, 0 to 255, row-major. */
  readonly pixels: Uint8Array;
  /** count class indices, below the number of classes. */
  readonly labels: Uint8Array;
}

/** How a byte becomes a number: (byte / 255 − mean) / std. */
export interface Normalisation {
  /** Of (byte / 255). */
  readonly mean: number;
  /** Above 0. */
  readonly std: number;
}

/** A training and a test set that belong together. */
export interface Dataset {
  /** As results name it: "mnist", "strokes". */
  readonly name: string;
  /** Of one image: [28, 28]. */
  readonly shape: readonly number[];
  /** One name per class index. */
  readonly classes: readonly string[];
  /** From bytes to what a model is given. */
  readonly normalisation: Normalisation;
  /** What models are trained on. */
  readonly train: Split;
  /** What they are judged by. */
  readonly test: Split;
  /** Where it was found or how it was made. */
  readonly source: string;
  /** SHA-256 of each file's uncompressed content, or of the generated content, by name. */
  readonly sha256: Readonly<Record<string, string>>;
  /** What a person has to know about it, if anything: that it is a stand-in for MNIST, say. */
  readonly notice: string | null;
}
