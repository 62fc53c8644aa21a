/**
 * Tar archives, read strictly: files with names that stay inside, and nothing else.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format". Of the libraries, nanotar 0.3.0 throws where a size is
 * larger than the archive, does not return where one is negative, and compares no checksum; hence these lines.
 *
 * @module
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";

/** Headers, and what a file is padded to. */
const BLOCK = 512;

/** An archive of a dataset has a few; one of hundreds of thousands would take long. */
const MOST_FILES = 1000;

/** The places of a header's fields, in bytes. */
const fields = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 5],
  prefix: [345, 155],
} as const;

/** Attributes of the next file, or of all: dates and owners, which are of no use here. */
const attributes = ["x", "g"];

const latin1 = new TextDecoder("latin1");

/**
 * The files of an archive by name, in its order; folders are left out.
 *
 * Links, devices, names that are absolute or have `..` in them, and names that stand twice are refused, as are
 * sizes that are larger than the archive. Nothing is allocated.
 *
 * @param file Name of the file in errors.
 * @param bytes The whole archive, uncompressed.
 * @returns Views of `bytes`; `CorruptFile`.
 *
 * @example
 * ```ts
 * import { readTar } from "./tar.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(readTar("empty.tar", new Uint8Array(1024)), E.right(new Map()));
 * assertEquals(
 *   readTar("cut.tar", new Uint8Array(100)),
 *   E.left({
 *     _tag: "CorruptFile",
 *     file: "cut.tar",
 *     reason: "it is truncated: expected a header at byte 0, current value is the end at 100",
 *   }),
 * );
 * ```
 */
export function readTar(
  file: string,
  bytes: Uint8Array,
): E.Either<CorruptFile, ReadonlyMap<string, Uint8Array>> {
  const corrupt = (reason: string) => E.left<CorruptFile>({ _tag: "CorruptFile", file, reason });
  const files = new Map<string, Uint8Array>();
  for (let at = 0;;) {
    if (at + BLOCK > bytes.length) {
      return corrupt(
        `it is truncated: expected a header at byte ${at}, current value is the end at ${bytes.length}`,
      );
    }
    const header = bytes.subarray(at, at + BLOCK);
    // A block of zeros is the end.
    if (header.every((byte) => byte === 0)) return E.right(files);
    if (octal(header, "checksum") !== sumOf(header)) {
      return corrupt(
        `expected a header with the checksum ${sumOf(header)} at byte ${at}, ` +
          `current value is ${JSON.stringify(text(header, "checksum"))}`,
      );
    }
    const name = nameOf(header);
    const shown = JSON.stringify(name);
    const size = octal(header, "size");
    const from = at + BLOCK;
    if (size === null || from + size > bytes.length) {
      return corrupt(
        `expected ${shown} to have at most ${bytes.length - from} bytes, ` +
          `current value is ${JSON.stringify(text(header, "size"))}, in octal`,
      );
    }
    const type = text(header, "type") || "0";
    if (!["0", "5", ...attributes].includes(type)) {
      return corrupt(`expected files and folders, current value is ${shown}, ${typeName(type)}`);
    }
    const bad = escaping(name);
    if (bad !== null) {
      return corrupt(
        `expected names inside the archive's folder, current value is ${shown}, ${bad}`,
      );
    }
    if (type === "0") {
      if (files.has(name)) return corrupt(`expected one file ${shown}, current value is two`);
      if (files.size === MOST_FILES) {
        return corrupt(`expected at most ${MOST_FILES} files, current value is more`);
      }
      files.set(name, bytes.subarray(from, from + size));
    }
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function text(header: Uint8Array, field: keyof typeof fields): string {
  const [from, length] = fields[field];
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return latin1.decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}

/**
 * Parses an octal number; null for anything else: the sign of a negative one, or the binary form of those above 8 GiB.
 */
function octal(header: Uint8Array, field: "size" | "checksum"): number | null {
  const digits = text(header, field);
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : null;
}

/** Sums all bytes of a header, those of the checksum itself taken for spaces. */
function sumOf(header: Uint8Array): number {
  const [from, length] = fields.checksum;
  return header.reduce(
    (sum, byte, i) => sum + (i >= from && i < from + length ? 0x20 : byte),
    0,
  );
}

function nameOf(header: Uint8Array): string {
  const name = text(header, "name");
  // GNU's older form, which has a space after the magic word, uses the prefix's place for other things.
  const [from, length] = fields.magic;
  const isUstar = text(header, "magic") === "ustar" && header[from + length] === 0;
  const prefix = isUstar ? text(header, "prefix") : "";
  return (prefix === "" ? name : `${prefix}/${name}`).replace(/^(\.\/)+/, "");
}

/** Returns the reason why a name would lead out of the folder, or null. */
const escaping = (name: string): string | null =>
  name === ""
    ? "which is empty"
    : /^[/\\]|^[A-Za-z]:/.test(name)
    ? "which is absolute"
    : name.split(/[/\\]/).includes("..")
    ? "which leads out of it"
    : null;

const typeName = (type: string): string =>
  type === "1" || type === "2" ? "a link" : `of the type ${JSON.stringify(type)}`;
