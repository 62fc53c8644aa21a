/**
 * Files that others have published, with their properties, so that a copy can be distinguished from
 * a damaged one wherever it was found.
 *
 * @module
 */
import type { ChecksumMismatch, CorruptFile, DatasetUnavailable } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { gunzip, sha256 } from "./bytes.ts";

/** A file as it was published. */
export interface PublishedFile {
  /** Name of the file, without ".gz". */
  readonly name: string;
  /** Size of the uncompressed content, in bytes. */
  readonly size: number;
  /** SHA-256 of the uncompressed content. */
  readonly sha256: string;
  /** The values inside, a view of the content, if its structure is right. */
  readonly parse: (file: string, content: Uint8Array) => E.Either<CorruptFile, Uint8Array>;
}

/** A dataset as it was published. */
export interface Published {
  /** Name that people know it by: "MNIST". */
  readonly title: string;
  /** The name of its folder in a cache: "mnist". */
  readonly folder: string;
  /**
   * Whether only the subfolder of `$SPARROW_DATA` is searched, and not the folder itself.
   *
   * @default false
   */
  readonly onlyInSubfolder?: boolean;
  readonly files: readonly PublishedFile[];
  /** Folders on the web, each ending in "/", that hold the files as NAME.gz; the best first. */
  readonly mirrors: readonly string[];
}

/** A place that was tried and why it did not do. */
export type Attempt = DatasetUnavailable["tried"][number];

/** A file that is there and is not the published one. */
export type Damage = CorruptFile | ChecksumMismatch;

/** The path of something in a folder. */
export const within = (folder: string, name: string): string =>
  /[/\\]$/.test(folder) ? `${folder}${name}` : `${folder}/${name}`;

/**
 * Returns the values of a copy of a published file. The structure is checked before the hash,
 * because "truncated" helps more than a wrong hash does.
 *
 * @param file The name that an error carries.
 * @param bytes The copy, gzip or not.
 * @returns The values; `CorruptFile` when the copy is damaged, `ChecksumMismatch` when it is whole
 * but is another file.
 */
export const verify = (
  file: string,
  bytes: Uint8Array,
  published: PublishedFile,
): TE.TaskEither<Damage, Uint8Array> =>
  pipe(
    gunzip(file, bytes, published.size),
    TE.flatMap((content) =>
      pipe(
        TE.fromEither<Damage, Uint8Array>(published.parse(file, content)),
        TE.tap(() => expectHash(file, content, published.sha256)),
      )
    ),
  );

const expectHash = (
  file: string,
  content: Uint8Array,
  expected: string,
): TE.TaskEither<ChecksumMismatch, void> =>
async () => {
  const actual = await sha256(content);
  return actual === expected
    ? E.right(undefined)
    : E.left({ _tag: "ChecksumMismatch", file, expected, actual });
};

/** Returns the fault of a copy, for a list of attempts that names the place itself. */
export const reasonOf = (damage: Damage): string =>
  damage._tag === "CorruptFile"
    ? damage.reason
    : `expected SHA-256 ${damage.expected}, current value is ${damage.actual}`;

/** Makes the error that lists every place that was tried, with advice. */
export const unavailable = (
  published: Published,
  tried: readonly Attempt[],
): DatasetUnavailable => ({
  _tag: "DatasetUnavailable",
  dataset: published.title,
  tried,
  advice: howToGet(published),
});

/** Advice on where to get the files, and where to put them. */
export const howToGet = ({ files, mirrors }: Published): string =>
  `Download ${listed(files.map(({ name }) => `${name}.gz`))} from ${mirrors[0]} into a folder ` +
  `and name it with --data DIR or $SPARROW_DATA`;

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
