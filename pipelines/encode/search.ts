/**
 * Search of images by their codes: queries are read or encoded, the nearest codes are found and named.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { CodeDistance } from "../../ops/codes/search.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";
import type { Env } from "../core/env.ts";
import type { DataEnv } from "../data/environment.ts";
import { loadCodes, originName, originOf, type SavedCodes } from "../files/codes.ts";
import { denoFiles } from "../files/files.ts";
import { encodeImages, type EncodeImagesOptions } from "./encode_images.ts";
import { loadEncoderOf } from "./encoder.ts";
import { findImages } from "./inputs.ts";
import { groupsOf, type Ranked, rankingOf } from "./ranking.ts";

/** An image of a set of codes, by name. */
export interface NamedImage {
  /** Index of its code in the set. */
  readonly index: number;
  /** The path of its file, "mnist test 17", or "code 17" where its origin is not known. */
  readonly name: string;
  /** Name of its label; null where it has none. */
  readonly label: string | null;
}

/** An image that a search found. */
export interface SearchResult extends NamedImage {
  /** Rank among the results, from 1. */
  readonly rank: number;
  /** Hamming distance: the number of units in which the codes differ. */
  readonly distance: number;
  /** Number of units that are set in both codes. */
  readonly overlap: number;
  /**
   * Mean difference of a near-duplicate, in levels of grey, from 0 to 8.
   *
   * @default it is no near-duplicate of the query
   */
  readonly difference?: number;
  /**
   * Near-duplicates of the image, where results are grouped, the nearest to it first.
   *
   * @default results are not grouped
   */
  readonly duplicates?: readonly NamedImage[];
}

/** A query with the images that are nearest to it. */
export interface SearchAnswer {
  /** The image that was searched for. */
  readonly query: NamedImage;
  /** Near-duplicates, then the nearest first. */
  readonly results: readonly SearchResult[];
}

/** Names one of a set's images. */
function named({ labels, origins }: SavedCodes, index: number): NamedImage {
  const origin = origins === undefined ? null : originOf(origins, index);
  const label = labels?.[index] ?? -1;
  return {
    index,
    name: origin === null ? `code ${index}` : originName(origin),
    label: label < 0 ? null : origins?.classes[label] ?? String(label),
  };
}

/** Options of {@linkcode nearestImages}. */
export interface NearestImagesOptions {
  /** Results per query, from 1 to the number of codes. @default {10} */
  readonly k?: number;
  /**
   * Measure that the nearest have least of ("hamming") or most of ("overlap"), or "values": the cosine of the units'
   * values before they competed, among the 100 nearest by Hamming distance. @default {"hamming"}
   */
  readonly distance?: CodeDistance | "values";
  /** Whether each result stands for its near-duplicates, so that results differ. @default {false} */
  readonly group?: boolean;
}

/**
 * Finds the images whose codes are nearest to those of queries, exactly, and names them: by the path of
 * a file, or by dataset, split and index.
 *
 * Near-duplicates of a query come first, those that differ least before others; then images by the distance of their
 * codes, equal ones by the cosine of the values that the units had before they competed, then by name. For that set and
 * queries must have thumbnails and activations, as `encodeImages` keeps them of image files; where they have not, the
 * code that comes first in the set is first of equal ones.
 *
 * @param set Codes to search; at least one.
 * @param queries Codes to search for, of the same width: made by the same encoder.
 * @param options Options, as {@linkcode NearestImagesOptions} describes them.
 * @returns The answers in the order of the queries, of k results each, or fewer where grouped results are fewer;
 * `InvalidOption` where the widths differ, or the models that the sets remember, a set has no code, k is not from 1 to
 * the number of codes, or what the distance or the groups need is missing.
 *
 * @example
 * ```ts
 * import { nearestImages } from "./search.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codesOf = (...words: number[]) =>
 *   ({ kind: "binary", count: words.length, width: 4, words: Uint32Array.from(words) }) as const;
 * const set = { codes: codesOf(0b0011, 0b1100), labels: Int32Array.of(7, 1) };
 * const [found] = orThrow(
 *   nearestImages(set, { codes: codesOf(0b1001), labels: null }, { k: 1 }),
 * );
 * assertEquals(found.results, [
 *   { index: 0, name: "code 0", label: "7", rank: 1, distance: 2, overlap: 1 },
 * ]);
 * ```
 */
export function nearestImages(
  set: SavedCodes,
  queries: SavedCodes,
  { k = 10, distance = "hamming", group = false }: NearestImagesOptions = {},
): E.Either<InvalidOption, readonly SearchAnswer[]> {
  const wrong = misfit(set.codes, queries.codes, k) ?? otherModel(set, queries) ??
    missing(set, queries, { distance, group });
  if (wrong !== null) return E.left(wrong);
  const nameOf = (index: number) => named(set, index).name;
  const ranking = rankingOf(set, queries, { distance, k, nameOf });
  const resultsOf = (query: number): readonly Found[] =>
    group
      ? groupsOf(ranking, query, k, set.codes.count).map(({ head, others }) => ({
        ...head,
        duplicates: others.map((index) => named(set, index)),
      }))
      : ranking.first(query, k);
  return E.right(Array.from({ length: queries.codes.count }, (_, i) => ({
    query: named(queries, i),
    results: resultsOf(i).map(({ difference, ...found }, rank) => ({
      ...named(set, found.index),
      rank: rank + 1,
      ...found,
      ...difference === null ? {} : { difference },
    })),
  })));
}

/** A code that was found. */
type Found = Ranked & Pick<SearchResult, "duplicates">;

/** Checks codes and queries; null where they fit. */
function misfit(
  codes: BinaryEmbeddings,
  queries: BinaryEmbeddings,
  k: number,
): InvalidOption | null {
  if (codes.count === 0) return invalidOption("CODES", "none", "at least one code");
  if (queries.count === 0) return invalidOption("QUERY", "none", "at least one code or image");
  if (queries.width !== codes.width) {
    return invalidOption(
      "QUERY",
      `codes of ${queries.width} units`,
      `codes of ${codes.width} units, as those that are searched: encode both with one model`,
    );
  }
  return Number.isInteger(k) && k >= 1 && k <= codes.count
    ? null
    : invalidOption("-k", k, `an integer from 1 to the number of codes, ${codes.count}`);
}

/** Checks that one model made both sets, where both name theirs; null where it did. */
function otherModel(set: SavedCodes, queries: SavedCodes): InvalidOption | null {
  const [one, other] = [set.origins?.model, queries.origins?.model];
  if (one === undefined || other === undefined || one.sha256 === other.sha256) return null;
  return invalidOption(
    "QUERY",
    `codes of ${other.file}, of SHA-256 ${other.sha256.slice(0, 12)}…`,
    `codes of the model that made those that are searched, ${one.file} of SHA-256 ` +
      `${one.sha256.slice(0, 12)}…`,
  );
}

/** Checks that the sets have the data that the options need; null where they do. */
function missing(
  set: SavedCodes,
  queries: SavedCodes,
  { distance, group }: Required<Pick<NearestImagesOptions, "distance" | "group">>,
): InvalidOption | null {
  const expected = "codes of image files that this version has encoded; encode them again";
  if (group && set.thumbnails === undefined) {
    return invalidOption("--group", "codes without thumbnails", expected);
  }
  return distance === "values" && !(set.activations && queries.activations)
    ? invalidOption("--distance values", "codes without the values of their units", expected)
    : null;
}

/**
 * Counts the different codes of a set: where it is far below the count, images of a class share
 * codes, and a search cannot tell them apart.
 *
 * @example
 * ```ts
 * import { distinctCodes } from "./search.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const words = Uint32Array.of(5, 3, 5);
 * assertEquals(distinctCodes({ kind: "binary", count: 3, width: 4, words }), 2);
 * ```
 */
export function distinctCodes({ count, width, words }: BinaryEmbeddings): number {
  const perCode = wordsPerCode(width);
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    seen.add(String.fromCharCode(
      ...new Uint16Array(words.slice(i * perCode, (i + 1) * perCode).buffer),
    ));
  }
  return seen.size;
}

// ---- Queries

/** Options of {@linkcode queryCodes}. */
export interface QueryOptions extends EncodeImagesOptions {
  /** Path of the model. @default the one that made the codes */
  readonly model?: string;
  /** Path or address of the model's trunk, where it has one. @default the one that the model names */
  readonly trunk?: string;
}

/** The effects of encoding queries, as a program's context has them. */
export interface QuerySurroundings {
  /** Prints a line for a person. */
  readonly note: (line: string) => void;
  /** Starts the backend, and makes an environment on it. */
  readonly env: TE.TaskEither<SparrowError, Env>;
  /** Environment in which datasets and files are found. */
  readonly data: DataEnv;
}

/** Whether an operand is a file of codes, by its name. */
export const isCodesFile = (operand: string): boolean => /\.npz$/i.test(operand);

/**
 * Reads the codes of queries from a file, or encodes their images.
 *
 * @param set The codes that will be searched.
 * @param operands One file of codes, or images.
 * @returns The codes; `InvalidOption` where the model is not the one that made the set's codes, or none
 * is known; else whatever reading and encoding return.
 */
export async function queryCodes(
  set: SavedCodes,
  operands: readonly string[],
  { model, trunk, ...options }: QueryOptions,
  { note, env: start, data: dataEnv }: QuerySurroundings,
): Promise<E.Either<SparrowError, SavedCodes>> {
  if (operands.every(isCodesFile)) return await loadCodes(operands[0], denoFiles)();
  const encoder = await loadEncoderOf(set, { model, trunk, dataEnv })();
  if (E.isLeft(encoder)) return encoder;
  const images = await findImages(operands, { ...options, dataEnv })();
  if (E.isLeft(images)) return images;
  const env = await start();
  if (E.isLeft(env)) return env;
  const details = set.activations !== undefined || set.thumbnails !== undefined;
  return await encodeImages(encoder.right, images.right, {
    ...options,
    details,
    note,
    env: env.right,
  })();
}
