/**
 * Bytes that are read in parts, so that a file may be larger than memory.
 *
 * @module
 */
import type { CorruptFile, FileUnavailable } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { unavailable } from "./files.ts";

/** Bytes that are read in parts: those of a file, or of an array in memory. */
export interface ByteSource {
  /** Name in errors: the path of the file. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /**
   * Reads the bytes `from` to `from + count − 1`. Reads may overlap in time.
   *
   * @returns The bytes, to be kept by the caller and not to be changed; `CorruptFile` where the source ends before
   * them, `FileUnavailable` where it cannot be read.
   */
  readonly read: (
    from: number,
    count: number,
  ) => TE.TaskEither<CorruptFile | FileUnavailable, Uint8Array<ArrayBuffer>>;
  /** Ends the reading: the file is closed. */
  readonly close: () => TE.TaskEither<never, void>;
}

/**
 * Opens a file to be read in parts.
 *
 * @returns The source, to be closed by the caller; `FileUnavailable` where there is no such file, or a folder.
 *
 * @example
 * ```ts
 * import { openBytes } from "./byte_source.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, Uint8Array.of(1, 2, 3, 4));
 * const source = await orThrow(openBytes(path));
 * assertEquals([source.size, [...await orThrow(source.read(1, 2))]], [4, [2, 3]]);
 * await source.close()();
 * ```
 */
export const openBytes = (path: string): TE.TaskEither<FileUnavailable, ByteSource> =>
  TE.tryCatch(async () => {
    const file = await Deno.open(path);
    try {
      const { size, isFile } = await file.stat();
      if (!isFile) throw new Error("it is not a file");
      return sourceOf(path, size, file);
    } catch (cause) {
      file.close();
      throw cause;
    }
  }, (cause) => unavailable("read", path, cause));

function sourceOf(name: string, size: number, file: Deno.FsFile): ByteSource {
  // A file has one position, so that one read waits for the other.
  let last: Promise<unknown> = Promise.resolve();
  const filled = async (from: number, count: number): Promise<Uint8Array<ArrayBuffer> | number> => {
    const bytes = new Uint8Array(count);
    await file.seek(from, Deno.SeekMode.Start);
    for (let done = 0; done < count;) {
      const more = await file.read(bytes.subarray(done));
      if (more === null) return done;
      done += more;
    }
    return bytes;
  };
  return {
    name,
    size,
    read: (from, count) =>
      pipe(
        TE.fromEither(outside(name, size, from, count)),
        TE.chainW(() =>
          TE.tryCatch(() => {
            const reading = last.then(() => filled(from, count));
            last = reading.catch(() => {});
            return reading;
          }, (cause) => unavailable("read", name, cause))
        ),
        TE.chainW((read) =>
          typeof read === "number" ? TE.left(ends(name, from, count, read)) : TE.right(read)
        ),
      ),
    close: () => async () => {
      await last;
      try {
        file.close();
      } catch { /* It was closed before. */ }
      return E.right(undefined);
    },
  };
}

/**
 * Makes a source of bytes in memory, of a file that was fetched or picked in a browser, say. What it reads are views.
 *
 * @param name Name of the source in errors.
 *
 * @example
 * ```ts
 * import { bytesInMemory } from "./byte_source.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const source = bytesInMemory("four", Uint8Array.of(1, 2, 3, 4));
 * assertEquals(await orThrow(source.read(2, 2)), Uint8Array.of(3, 4));
 * ```
 */
export const bytesInMemory = (name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource => ({
  name,
  size: bytes.length,
  read: (from, count) =>
    pipe(
      TE.fromEither(outside(name, bytes.length, from, count)),
      TE.map(() => bytes.subarray(from, from + count)),
    ),
  close: () => TE.right(undefined),
});

/**
 * A stretch of a source as a source of its own, which does not close the whole.
 *
 * @param name Name of the source in errors.
 */
export const stretchOf = (
  whole: ByteSource,
  name: string,
  start: number,
  size: number,
): ByteSource => ({
  name,
  size,
  read: (from, count) =>
    pipe(
      TE.fromEither(outside(name, size, from, count)),
      TE.chainW(() => whole.read(start + from, count)),
    ),
  close: () => TE.right(undefined),
});

const ends = (file: string, from: number, count: number, found: number): CorruptFile => ({
  _tag: "CorruptFile",
  file,
  reason: `expected ${count} bytes from byte ${from} on, current value is ${found}`,
});

const outside = (
  file: string,
  size: number,
  from: number,
  count: number,
): E.Either<CorruptFile, void> =>
  from >= 0 && count >= 0 && from + count <= size
    ? E.right(undefined)
    : E.left(ends(file, from, count, Math.max(0, size - from)));
