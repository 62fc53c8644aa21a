/**
 * Named arrays in one file, as `numpy.load` and `numpy.savez` have it: a zip archive of .npy files.
 *
 * The archive is zip.js's matter, its checksums included.
 *
 * @module
 */
import {
  configure,
  type Entry,
  type FileEntry,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from "npm:@zip.js/zip.js@2.24.0";
import { E, type TE } from "../graph/fp_ts.ts";
import type { CorruptFile } from "../graph/error.ts";
import { type NpyArray, readNpy, writeNpy } from "./npy.ts";

/** Arrays by name. */
export type NpyArrays = Readonly<Record<string, NpyArray>>;

/** An archive of codes has three entries; one of thousands would take long to list. */
const MOST_ENTRIES = 100;

configure({ useWebWorkers: false });

/** The arrays as an .npz file, not compressed; the same bytes for the same arrays. */
export const writeNpz = async (arrays: NpyArrays): Promise<Uint8Array> => {
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    // The least that the format can say: files do not depend on when they were written.
    lastModDate: new Date(1980, 0, 1),
    extendedTimestamp: false,
  });
  for (const [name, array] of Object.entries(arrays)) {
    await zip.add(`${name}.npy`, new Uint8ArrayReader(writeNpy(array)));
  }
  return await zip.close();
};

/**
 * The arrays of an .npz file that is not compressed. No more memory is taken than the file's size, and
 * the file's checksums must be right.
 *
 * @param file What to call it in an error.
 * @returns The arrays, or `CorruptFile`.
 */
export const readNpz = (file: string, bytes: Uint8Array): TE.TaskEither<CorruptFile, NpyArrays> => {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  return async () => {
    const zip = new ZipReader(new Uint8ArrayReader(bytes), { checkSignature: true });
    try {
      const entries: FileEntry[] = [];
      for await (const entry of zip.getEntriesGenerator()) {
        if (entries.length === MOST_ENTRIES) {
          return corrupt(`expected at most ${MOST_ENTRIES} arrays, current value is more`);
        }
        const reason = refusal(entry, bytes.length);
        if (reason !== null) return corrupt(reason);
        entries.push(entry as FileEntry);
      }
      const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
      if (total > bytes.length) {
        return corrupt(
          `expected ${bytes.length} bytes of arrays at most, current value is ${total}`,
        );
      }
      const arrays: Record<string, NpyArray> = {};
      for (const entry of entries) {
        const read = readNpy(await entry.getData(new Uint8ArrayWriter()));
        if (E.isLeft(read)) return corrupt(`${entry.filename}: ${read.left}`);
        arrays[entry.filename.replace(/\.npy$/, "")] = read.right;
      }
      return E.right(arrays);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      return corrupt(`expected a whole .npz file, current value is ${bytes.length} bytes: ${what}`);
    } finally {
      await zip.close().catch(() => {});
    }
  };
};

/** Why an entry is not read, or null. Sizes are compared before anything is allocated for them. */
function refusal(entry: Entry, bytes: number): string | null {
  const { filename, directory, compressionMethod, compressedSize, uncompressedSize } = entry;
  if (directory || entry.encrypted) return `expected arrays, current value is ${filename}`;
  if (compressionMethod !== 0) {
    return `expected ${filename} not to be compressed (numpy.savez, not numpy.savez_compressed)`;
  }
  return compressedSize !== uncompressedSize || uncompressedSize > bytes
    ? `expected ${filename} to have at most ${bytes} bytes, current value is ${uncompressedSize}`
    : null;
}
