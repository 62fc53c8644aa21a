/**
 * Labelled images in memory, as bytes.
 *
 * @module
 */

/**
 * How a byte becomes a number: (byte / 255 − mean) / std, by channel. Both arrays have one value,
 * for all bytes alike, or one per channel, where channels are the last axis of an image.
 */
export interface Normalisation {
  /** Of (byte / 255). */
  readonly mean: readonly number[];
  /** As many as means, each above 0. */
  readonly std: readonly number[];
}

/** Images of one kind, in file order. */
export interface Images {
  /** Images. */
  readonly count: number;
  /** count × (product of the dataset's shape) bytes, 0 to 255, row-major. */
  readonly pixels: Uint8Array;
  /** How their bytes become the numbers that a model is given. */
  readonly normalisation: Normalisation;
}

/** Images with their labels. */
export interface DataSplit extends Images {
  /** count class indices, below the number of classes. */
  readonly labels: Uint8Array;
}

/** Images with their labels, before their normalisation is known. */
export type RawSplit = Omit<DataSplit, "normalisation">;

/** A training and a test set that belong together. */
export interface Dataset {
  /** As results name it: "mnist", "strokes". */
  readonly name: string;
  /** Of one image: [28, 28] of grey, [32, 32, 3] of colours. */
  readonly shape: readonly number[];
  /** One name per class index. */
  readonly classes: readonly string[];
  /** What models are trained on. */
  readonly train: DataSplit;
  /** What is taken away from the training set to choose by; null where nothing is. */
  readonly validation: DataSplit | null;
  /** What they are judged by. */
  readonly test: DataSplit;
  /** Where it was found or how it was made. */
  readonly source: string;
  /** SHA-256 of each file's uncompressed content, or of the generated content, by name. */
  readonly sha256: Readonly<Record<string, string>>;
  /** What a person has to know about it, if anything: that it is a stand-in for MNIST, say. */
  readonly notice: string | null;
}
