/**
 * Where the images of codes came from, so that a result can be named and shown.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type DatasetName, datasetNames } from "../data/images.ts";

/** Which images of a dataset. */
export type OriginSplit = "train" | "test";

/** Codes in a row whose images came from one place. */
export type OriginPart =
  | {
    /** Of a dataset. */
    readonly kind: "dataset";
    /** What `loadImages` knows it by. */
    readonly dataset: Exclude<DatasetName, "folder">;
    /** As results name it: "mnist", "cifar10-subset". */
    readonly name: string;
    /** The folder with its files, where one was named; null. */
    readonly data: string | null;
    /** Of what is generated. */
    readonly seed: number;
    /** Which of its two splits. */
    readonly split: OriginSplit;
    /** The first image's index in the split. */
    readonly from: number;
    /** Images. */
    readonly count: number;
  }
  | {
    /** Image files. */
    readonly kind: "files";
    /** Their paths as they were given, seen from the folder that the program ran in. */
    readonly files: readonly string[];
  };

/** Where the images of a set of codes came from. */
export interface Origins {
  /** The model that made the codes. */
  readonly model: {
    /** Its path. */
    readonly file: string;
    /** Of the file's bytes, in hexadecimal. */
    readonly sha256: string;
  };
  /** Whether image files were inverted. */
  readonly inverted: boolean;
  /** Names of the labels, by label; a label of −1 is none. */
  readonly classes: readonly string[];
  /** In the order of the codes. */
  readonly parts: readonly OriginPart[];
}

/** The origin of one image. */
export interface Origin {
  /** The part that it belongs to. */
  readonly part: OriginPart;
  /** Its index there. */
  readonly at: number;
}

/** How many images there are. */
export const countOf = (part: OriginPart): number =>
  part.kind === "dataset" ? part.count : part.files.length;

/** The origin of image i, or null where there are not so many. */
export function originOf({ parts }: Origins, i: number): Origin | null {
  let before = 0;
  for (const part of parts) {
    const count = countOf(part);
    if (i < before + count) return { part, at: i - before };
    before += count;
  }
  return null;
}

/**
 * What to call an image: "mnist test 17", or the path of its file.
 *
 * @example
 * ```ts
 * import { originName } from "./origins.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const part = { kind: "files", files: ["cats/1.png", "cats/2.png"] } as const;
 * assertEquals(originName({ part, at: 1 }), "cats/2.png");
 * ```
 */
export const originName = ({ part, at }: Origin): string =>
  part.kind === "dataset" ? `${part.name} ${part.split} ${part.from + at}` : part.files[at];

/**
 * Origins from JSON, every field looked at.
 *
 * @param count Codes that they are of.
 * @returns The origins, or in words what is wrong: "expected …, current value is …".
 */
export function readOrigins(text: string, count: number): E.Either<string, Origins> {
  const value = parsed(text);
  if (!isRecord(value) || !isRecord(value.model) || !Array.isArray(value.parts)) {
    return E.left(`expected origins to have a model and parts, current value is ${shown(value)}`);
  }
  const { model: { file, sha256 }, inverted, classes, parts } = value;
  if (typeof file !== "string" || typeof sha256 !== "string" || typeof inverted !== "boolean") {
    return E.left(
      `expected the origins' model to have a file and its SHA-256, ` +
        `current value is ${shown(value.model)}`,
    );
  }
  if (!isTexts(classes)) {
    return E.left(`expected the origins' classes to be names, current value is ${shown(classes)}`);
  }
  const wrong = parts.find((part) => !isPart(part));
  if (wrong !== undefined) {
    return E.left(
      `expected every origin to be of files or of a dataset, current value is ${shown(wrong)}`,
    );
  }
  const total = (parts as readonly OriginPart[]).reduce((sum, part) => sum + countOf(part), 0);
  return total === count
    ? E.right({ model: { file, sha256 }, inverted, classes, parts })
    : E.left(`expected ${count} origins, one per code, current value is ${total}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 80);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");

const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function isPart(part: unknown): part is OriginPart {
  if (!isRecord(part)) return false;
  if (part.kind === "files") return isTexts(part.files);
  const { kind, dataset, name, data, seed, split, from, count } = part;
  return kind === "dataset" && dataset !== "folder" &&
    datasetNames.some((known) => known === dataset) && typeof name === "string" &&
    (data === null || typeof data === "string") && (split === "train" || split === "test") &&
    [seed, from, count].every(isIndex);
}
