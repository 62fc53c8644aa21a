/** A dataset of two small files, and an environment in memory that keeps a record. */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import type { DataEnv } from "../../../pipelines/data/environment.ts";
import { readIdx } from "../../../pipelines/data/mnist.ts";
import type { Published, PublishedFile } from "../../../pipelines/data/published.ts";
import { sha256 } from "../../../pipelines/data/bytes.ts";

/** The bytes of an IDX file of one axis. */
export const idx = (...values: number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(0, 0, 8, 1, 0, 0, 0, values.length, ...values);

/** Bytes, compressed. */
export const gzip = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();

export const images = idx(10, 20, 30, 40);
export const labels = idx(1, 2);
/** Whole IDX files, but others than those that were published. */
export const otherImages = idx(10, 20, 30, 41);

const published = async (name: string, content: Uint8Array): Promise<PublishedFile> => ({
  name,
  size: content.length,
  sha256: await sha256(content),
  parse: (file, bytes) => pipe(readIdx(file, bytes), E.map(({ values }) => values)),
});

export const tiny: Published = {
  title: "Tiny",
  folder: "tiny",
  files: [await published("images", images), await published("labels", labels)],
  mirrors: ["https://one.example/tiny/", "https://two.example/"],
};

/** Answers of the web: bytes, a status, or the message of a failure. */
export type Web = Readonly<Record<string, Uint8Array<ArrayBuffer> | number | string>>;

/** Contents of the fake environment. */
export interface World {
  readonly disk?: Readonly<Record<string, Uint8Array>>;
  readonly web?: Web;
  readonly variables?: Readonly<Record<string, string>>;
  /** Paths below which writing fails, as on a full or read-only disk. */
  readonly broken?: readonly string[];
  /** Accesses that Deno does not permit: "read /path" or "write /path". */
  readonly forbidden?: readonly string[];
  readonly system?: string;
}

/** An environment with its record. */
export interface Fake {
  readonly env: DataEnv;
  /** The files after the fact. */
  readonly disk: Map<string, Uint8Array>;
  /** The addresses that were fetched, in order. */
  readonly fetched: string[];
  /** The files that were written, in order. */
  readonly written: string[];
  /** Folders for which a permission would have been requested. */
  readonly asked: Set<string>;
}

export function fake(world: World = {}): Fake {
  const disk = new Map(Object.entries(world.disk ?? {}));
  const fetched: string[] = [];
  const written: string[] = [];
  const asked = new Set<string>();

  const failure = (operation: "read" | "write", file: string) =>
    TE.left(
      {
        _tag: "FileUnavailable",
        operation,
        file,
        reason: operation === "read" ? "there is no such file" : "no space left",
        advice: "",
      } as const,
    );
  const files: Files = {
    read: (path) => {
      const bytes = disk.get(path);
      return bytes === undefined ? failure("read", path) : TE.right(bytes);
    },
    exists: (path) =>
      TE.right(
        disk.has(path) ||
          [...disk.keys()].some((file) => file.startsWith(path.replace(/\/?$/, "/"))),
      ),
    list: (folder) =>
      TE.right(
        [...disk.keys()].filter((file) => file.startsWith(`${folder}/`))
          .map((file) => file.slice(folder.length + 1)),
      ),
    remove: (path) => () => {
      disk.delete(path);
      return Promise.resolve(E.right(undefined));
    },
    write: (path, bytes) => () => {
      if (world.broken?.some((folder) => path.startsWith(folder))) return failure("write", path)();
      disk.set(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
      written.push(path);
      return Promise.resolve(E.right(undefined));
    },
  };
  return {
    disk,
    fetched,
    written,
    asked,
    env: {
      files,
      list: (folder) => {
        const root = folder.replace(/\/?$/, "/");
        const inside = [...disk.keys()].filter((file) => file.startsWith(root))
          .map((file) => file.slice(root.length));
        const names = new Set(inside.map((path) => path.split("/")[0]));
        return TE.right(
          [...names].map((name) => ({ name, isFolder: !inside.includes(name) })),
        );
      },
      realPath: (path) => Promise.resolve(path),
      fetch: (url) => {
        fetched.push(url);
        const answer = world.web?.[url] ?? "no network";
        return typeof answer === "string"
          ? Promise.reject(new TypeError("fetch failed", { cause: new Error(answer) }))
          : Promise.resolve(
            typeof answer === "number"
              ? new Response("sorry", { status: answer })
              : new Response(answer),
          );
      },
      variable: (name) => world.variables?.[name],
      permitted: (operation, folder, ask) => {
        if (ask) asked.add(`${operation} ${folder}`);
        return Promise.resolve(!world.forbidden?.includes(`${operation} ${folder}`));
      },
      system: world.system ?? "linux",
    },
  };
}
