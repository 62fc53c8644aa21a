/**
 * Training on more vectors than memory holds: their blocks come in random order, and the rows of a few blocks at a time
 * in random order among each other.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../../graph/error.ts";
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { permutation, type Rng, splitRng } from "../../../graph/rng.ts";
import { checkSplit, labelArray, type Labels, type Normalisation } from "../dataset.ts";
import { normaliser } from "../normalise.ts";
import { blocksOf, type ColumnValue, type VectorSource } from "./source.ts";

/** Vectors to train on, which are read while a model is trained. */
export interface StreamedSplit {
  /** Source of the vectors. */
  readonly source: VectorSource;
  /** One class index per vector; null for no labels. */
  readonly labels: Labels | null;
  /** Names of the classes. @default none */
  readonly classes?: readonly string[];
  /** Normalisation of the vectors to a model's inputs. */
  readonly normalisation: Normalisation;
  /**
   * Bytes of float32 that are shuffled at a time: blocks of the source in random order, at least one. Twice as many are
   * in memory: those that are trained on, and the next.
   *
   * @default {67108864}, 64 MiB
   */
  readonly window?: number;
}

/** Options of {@linkcode streamVectors}. */
export interface StreamVectorsOptions extends Pick<StreamedSplit, "window"> {
  /** The column of the source with the labels: a class is each value that there is, in order. @default no labels */
  readonly labels?: string;
  /**
   * Normalisation: means and deviations by "feature", for each number of a vector, or of "all" numbers alike, for which
   * the source is read once. "none" leaves numbers as they are.
   *
   * @default {"none"}
   */
  readonly normalisation?: "feature" | "all" | "none" | Normalisation;
}

/**
 * Makes a source of vectors a split that `train` takes, and that {@linkcode StreamedSplit} describes. Use it where the
 * vectors are too many for memory; else `loadVectors` reads them whole.
 *
 * @param source Source of the vectors.
 * @param options Options, as {@linkcode StreamVectorsOptions} describes them.
 * @returns The split; `InvalidOption` for a window that is none; the errors of the source.
 *
 * @example
 * ```ts
 * import { streamVectors } from "./stream.ts";
 * import { vectorsInMemory } from "./source.ts";
 * import { orThrow } from "../../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const rows = [[0, 1], [4, 1]];
 * const source = orThrow(vectorsInMemory("two", rows, 2, { kind: ["dog", "cat"] }));
 * const split = await orThrow(streamVectors(source, { labels: "kind", normalisation: "feature" }));
 * assertEquals([split.classes, split.labels], [["cat", "dog"], Uint8Array.of(1, 0)]);
 * assertEquals(split.normalisation, { mean: [2, 1], std: [2, 1] });
 * ```
 */
export const streamVectors = (
  source: VectorSource,
  { labels, normalisation = "none", window }: StreamVectorsOptions = {},
): TE.TaskEither<SparrowError, StreamedSplit> =>
  pipe(
    labels === undefined
      ? TE.right<SparrowError, Pick<StreamedSplit, "labels" | "classes">>({ labels: null })
      : TE.map(numbered)(source.column(labels)),
    TE.bindW("normalisation", () => normalisationOf(source, normalisation)),
    TE.map((found) => ({ source, ...found, ...window === undefined ? {} : { window } })),
    TE.chainW((split) => {
      const bad = checkStream(split, source.width);
      return bad === null ? TE.right(split) : TE.left(bad);
    }),
  );

/** Numbers the values that there are: integers by their size, then texts. */
function numbered(values: readonly ColumnValue[]): Pick<StreamedSplit, "labels" | "classes"> {
  const known = [...new Set(values)];
  const numbers = known.filter((value) => typeof value === "number").toSorted((a, b) => a - b);
  const texts = known.filter((value) => typeof value === "string").toSorted();
  const classes = [...numbers, ...texts];
  const places = new Map(classes.map((value, index) => [value, index]));
  const labels = Uint32Array.from(values, (value) => places.get(value)!);
  return { labels: labelArray(labels, classes.length), classes: classes.map(String) };
}

/** Computes the moments of a source's numbers, in one pass: those of a block are added to those before. */
const normalisationOf = (
  source: VectorSource,
  by: "feature" | "all" | "none" | Normalisation,
): TE.TaskEither<SparrowError, Normalisation> =>
async () => {
  if (by === "none") return E.right({ mean: [0], std: [1] });
  if (typeof by === "object") return E.right(by);
  const channels = by === "feature" ? source.width : 1;
  // Numbers are taken from the first of their feature: of one that is always the same, nothing is left.
  let first: Float32Array | null = null;
  let n = 0;
  const [means, squares] = [new Float64Array(channels), new Float64Array(channels)];
  for await (const block of blocksOf(source, source.block)) {
    if (E.isLeft(block)) return block;
    const { values } = block.right;
    first ??= values.slice(0, channels);
    const more = values.length / channels;
    for (let channel = 0; channel < channels; channel++) {
      let [sum, square] = [0, 0];
      for (let i = channel; i < values.length; i += channels) sum += values[i] - first[channel];
      const mean = sum / more;
      for (let i = channel; i < values.length; i += channels) {
        square += (values[i] - first[channel] - mean) ** 2;
      }
      // Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
      const delta = mean - means[channel];
      means[channel] += delta * more / (n + more);
      squares[channel] += square + delta ** 2 * n * more / (n + more);
    }
    n += more;
  }
  return E.right({
    mean: Array.from(means, (mean, channel) => (first?.[channel] ?? 0) + mean),
    std: Array.from(squares, (square) => square === 0 ? 1 : Math.sqrt(square / n)),
  });
};

/** Bytes of a window by default. */
const WINDOW = 2 ** 26;

/** Vectors are counted in integers of 32 bits. */
const MOST_VECTORS = 2 ** 32 - 1;

/**
 * Checks a split before it is used, but for its numbers, which are checked when they are read.
 *
 * @param size Numbers of a sample, as the run's input has them.
 */
export function checkStream(
  { source, labels, normalisation, window = WINDOW }: StreamedSplit,
  size: number,
): InvalidOption | null {
  const { count, width } = source;
  if (count < 1 || count > MOST_VECTORS) {
    return invalidOption("data", `${count} samples`, "at least one sample, and fewer than 2^32");
  }
  if (!(window >= 1 && window <= 2 ** 31)) {
    return invalidOption("window", window, "bytes, from 1 to 2^31");
  }
  const sample = { count: 1, values: new Float32Array(width), labels: null, normalisation };
  const bad = checkSplit(sample, { size });
  if (bad !== null || labels === null) return bad;
  if (labels.length !== count) {
    return invalidOption("labels", `${labels.length} labels`, `one for each of ${count} samples`);
  }
  const at = labels.findIndex((label: number) => label >= 2 ** 31);
  const expected = "integers of at least 0 and below 2^31";
  return at < 0 ? null : invalidOption("labels", `${labels[at]} of sample ${at}`, expected);
}

// ---- The order

/** Blocks whose rows are shuffled among each other. */
interface Window {
  /** First rows of the blocks, ascending. */
  readonly blocks: readonly number[];
  /** Number of rows, and of the rows of the windows before. */
  readonly rows: number;
  readonly start: number;
  /** The generator of its rows' order. */
  readonly rng: Rng;
}

/** Rows that are read together: those of the source's block, or of a window where that is less. */
const blockOf = ({ source: { width, block }, window = WINDOW }: StreamedSplit): number =>
  Math.max(1, Math.min(block, Math.floor(window / (4 * width))));

/** Draws the windows of an epoch: every row is in one of them. */
function windowsOf(split: StreamedSplit, rng: Rng): readonly Window[] {
  const { source: { count, width }, window = WINDOW } = split;
  const block = blockOf(split);
  const perWindow = Math.max(1, Math.floor(window / (4 * width * block)));
  const [order, drawn] = permutation(Math.ceil(count / block), rng);
  const windows: Window[] = [];
  let [rest, start] = [drawn, 0];
  for (let from = 0; from < order.length; from += perWindow) {
    const chosen = order.slice(from, from + perWindow).toSorted();
    const blocks = Array.from(chosen, (index) => index * block);
    const rows = blocks.reduce((sum, first) => sum + Math.min(block, count - first), 0);
    const [own, next] = splitRng(rest);
    windows.push({ blocks, rows, start, rng: own });
    [rest, start] = [next, start + rows];
  }
  return windows;
}

/** A window in memory. */
interface Loaded {
  readonly values: Float32Array;
  /** The rows in their random order: places among the values, and in the source. */
  readonly order: Uint32Array;
  readonly indices: Uint32Array;
}

/** Samples in a random order, which are read as they are needed. */
export interface Shuffled {
  /**
   * Gathers `count` samples after the first `from`, normalised, in memory that the next call reuses, with their indices
   * in the source. Going back is allowed, but reads a window again.
   */
  readonly at: (
    from: number,
    count: number,
  ) => Promise<
    E.Either<SparrowError, {
      readonly values: Float32Array<ArrayBuffer>;
      readonly picks: Uint32Array;
    }>
  >;
  /** Waits for the current read, and frees all. */
  readonly close: () => Promise<void>;
}

/**
 * Puts the samples of a split in a random order: that of their blocks, and within a window of blocks that of the rows.
 * While one window is used, the next is read.
 *
 * @returns The samples, and the generator to draw from next.
 */
export function shuffled(split: StreamedSplit, from: Rng): readonly [Shuffled, Rng] {
  const { source, normalisation } = split;
  const { width } = source;
  const [own, rng] = splitRng(from);
  const windows = windowsOf(split, own);
  const loaded = new Map<number, Promise<E.Either<SparrowError, Loaded>>>();
  const need = (index: number): Promise<E.Either<SparrowError, Loaded>> => {
    for (const other of loaded.keys()) if (other < index || other > index + 1) loaded.delete(other);
    if (!loaded.has(index)) loaded.set(index, load(split, windows[index]));
    const found = loaded.get(index)!;
    // The next is read when this one is there: of two that are read at once, neither would be early.
    return found.then((window) => {
      if (index + 1 < windows.length && loaded.has(index) && !loaded.has(index + 1)) {
        loaded.set(index + 1, load(split, windows[index + 1]));
      }
      return window;
    });
  };
  const gather = normaliser(normalisation);
  let store = new Float32Array();
  const at: Shuffled["at"] = async (from, count) => {
    if (store.length < count * width) store = new Float32Array(count * width);
    const picks = new Uint32Array(count);
    for (let done = 0; done < count;) {
      const index = windows.findLastIndex(({ start }) => start <= from + done);
      const window = await need(index);
      if (E.isLeft(window)) return window;
      const { values, order, indices } = window.right;
      const first = from + done - windows[index].start;
      const rows = order.subarray(first, first + count - done);
      gather({ values }, width, rows, store.subarray(done * width, (done + rows.length) * width));
      for (let i = 0; i < rows.length; i++) picks[done + i] = indices[rows[i]];
      done += rows.length;
    }
    return E.right({ values: store.subarray(0, count * width), picks });
  };
  const close = async () => {
    await Promise.all(loaded.values());
    loaded.clear();
  };
  return [{ at, close }, rng];
}

/** Reads the blocks of a window, and draws the order of their rows. */
async function load(
  split: StreamedSplit,
  { blocks, rows, rng }: Window,
): Promise<E.Either<SparrowError, Loaded>> {
  const { source } = split;
  const { count, width } = source;
  const block = blockOf(split);
  const values = new Float32Array(rows * width);
  const indices = new Uint32Array(rows);
  let done = 0;
  for (const first of blocks) {
    const n = Math.min(block, count - first);
    const read = await source.read(first, n)();
    if (E.isLeft(read)) return read;
    values.set(read.right, done * width);
    for (let i = 0; i < n; i++) indices[done + i] = first + i;
    done += n;
  }
  return E.right({ values, indices, order: permutation(rows, rng)[0] });
}
