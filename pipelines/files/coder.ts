/**
 * Coders of float vectors as files: safetensors with the directions or centroids, and their meaning.
 *
 * @module
 */
import type { CorruptFile, FileUnavailable } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { ArrayValue } from "../../graph/params.ts";
import type { LinearCoder, ProductCoder, VectorCoder } from "../../ops/codes/coders.ts";
import { MOST_UNITS } from "../../ops/codes/codes.ts";
import { denoFiles, type Files } from "./files.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

const FORMAT = "sparrow-coder-1";

/**
 * Writes a coder as a safetensors file. That of a linear coder has `directions` [width, inputs] and `offsets` [width]:
 * bit u of a vector's code is set where `directions[u] @ x + offsets[u]` is above 0, or, where the metadata has
 * `winners`, among the `winners` largest. That of a product coder has `bounds` and `centroids`, as `ProductCoder` says.
 * The metadata holds the kind, inputs and width.
 *
 * @param coder Coder to write.
 */
export function writeCoder(coder: VectorCoder): Uint8Array<ArrayBuffer> {
  const { kind, inputs, width } = coder;
  const about = { format: FORMAT, kind, inputs: String(inputs), width: String(width) };
  const array = (data: Float32Array, ...shape: number[]): ArrayValue => ({
    shape,
    data: Float32Array.from(data),
  });
  return coder.kind === "linear"
    ? writeSafetensors({
      tensors: {
        directions: array(coder.directions, width, inputs),
        offsets: array(coder.offsets, width),
      },
      metadata: { ...about, ...coder.winners === null ? {} : { winners: String(coder.winners) } },
    })
    : writeSafetensors({
      tensors: {
        bounds: array(Float32Array.from(coder.bounds), coder.bounds.length),
        centroids: array(coder.centroids, coder.centroids.length),
      },
      metadata: { ...about, part_bits: String(coder.partBits) },
    });
}

/**
 * Reads a coder from the bytes of a file, whose parts must fit each other.
 *
 * @param file Name of the file in errors.
 * @param bytes Content of the file.
 */
export const readCoder = (
  file: string,
  bytes: Uint8Array,
): E.Either<CorruptFile, VectorCoder> =>
  pipe(
    readSafetensors(file, bytes),
    E.chain(({ tensors, metadata }) => {
      const coder = coderOf(
        (name) => Object.hasOwn(tensors, name) ? tensors[name] : null,
        (name) => Object.hasOwn(metadata, name) ? metadata[name] : "",
      );
      return typeof coder === "string"
        ? E.left({ _tag: "CorruptFile", file, reason: coder } as const)
        : E.right(coder);
    }),
  );

/** Reads the coder, or returns the fault in words. */
function coderOf(
  tensor: (name: string) => ArrayValue | null,
  text: (name: string) => string,
): VectorCoder | string {
  if (text("format") !== FORMAT) {
    return `expected the metadata "format" to be ${FORMAT}, current value is ${
      text("format").slice(0, 80) || "none"
    }`;
  }
  const integer = (name: string, least: number, most: number) => {
    const value = /^\d{1,9}$/.test(text(name)) ? Number(text(name)) : NaN;
    return value >= least && value <= most ? value : null;
  };
  const [inputs, width] = [integer("inputs", 1, MOST_UNITS), integer("width", 1, MOST_UNITS)];
  if (inputs === null || width === null) {
    return `expected the metadata "inputs" and "width" to be from 1 to ${MOST_UNITS}, current values are ${
      text("inputs").slice(0, 20)
    } and ${text("width").slice(0, 20)}`;
  }
  const numbers = (name: string, count: number): Float32Array | null => {
    const found = tensor(name);
    return found?.data.length === count && found.data.every(Number.isFinite)
      ? Float32Array.from(found.data)
      : null;
  };
  if (text("kind") === "linear") {
    const winners = text("winners") === "" ? null : integer("winners", 1, width - 1);
    if (text("winners") !== "" && winners === null) {
      return `expected the metadata "winners" to be from 1 to ${width - 1}, current value is ${
        text("winners").slice(0, 20)
      }`;
    }
    const directions = numbers("directions", width * inputs);
    const offsets = numbers("offsets", width);
    return directions === null || offsets === null
      ? `expected finite tensors directions of ${width * inputs} numbers and offsets of ${width}`
      : { kind: "linear", inputs, width, directions, offsets, winners } satisfies LinearCoder;
  }
  const partBits = text("part_bits") === "4" ? 4 : text("part_bits") === "8" ? 8 : null;
  if (text("kind") !== "product" || partBits === null || width % partBits !== 0) {
    return 'expected the metadata "kind" to be linear, or product with "part_bits" 4 or 8 that divide "width"';
  }
  const parts = width / partBits;
  const bounds = numbers("bounds", parts + 1);
  const centroids = numbers("centroids", inputs << partBits);
  const rise = bounds !== null && bounds[0] === 0 && bounds[parts] === inputs &&
    bounds.every((bound, i) => Number.isInteger(bound) && (i === 0 || bound > bounds[i - 1]));
  return !rise || centroids === null
    ? `expected finite tensors bounds, ${
      parts + 1
    } integers that rise from 0 to ${inputs}, and centroids of ${inputs << partBits} numbers`
    : {
      kind: "product",
      inputs,
      width,
      partBits,
      bounds: Uint32Array.from(bounds),
      centroids,
    } satisfies ProductCoder;
}

/**
 * Writes a coder to a file, whole or not at all.
 *
 * @param path Path of the file, which is replaced.
 * @param coder Coder to save.
 * @param files File system. @default {denoFiles}
 * @returns Nothing; `FileUnavailable`.
 */
export const saveCoder = (
  path: string,
  coder: VectorCoder,
  files: Files = denoFiles,
): TE.TaskEither<FileUnavailable, void> => files.write(path, writeCoder(coder));

/**
 * Reads a coder from a file.
 *
 * @param path Path of the file.
 * @param files File system. @default {denoFiles}
 * @returns The coder; `FileUnavailable`, `CorruptFile`.
 *
 * @example
 * ```ts
 * import { loadCoder, saveCoder } from "./coder.ts";
 * import { projectionCoder } from "../../ops/codes/projections.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const vectors = { kind: "dense", count: 1, width: 2, values: Float32Array.of(1, 2) } as const;
 * const [coder] = orThrow(projectionCoder(vectors, { bits: 8 }, seed(26)));
 * const path = `${await Deno.makeTempDir()}/coder.safetensors`;
 * await orThrow(saveCoder(path, coder));
 * assertEquals(await orThrow(loadCoder(path)), coder);
 * ```
 */
export const loadCoder = (
  path: string,
  files: Files = denoFiles,
): TE.TaskEither<FileUnavailable | CorruptFile, VectorCoder> =>
  pipe(files.read(path), TE.chainEitherKW((bytes) => readCoder(path, bytes)));
