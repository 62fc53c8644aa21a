/**
 * Thumbnails of many image files, decoded on all cores.
 *
 * @module
 */
import type { CorruptFile, FileUnavailable, Interrupted } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Colour } from "./bitmap.ts";
import { decodeThumbnail, imageDecoder } from "./decode_image.ts";
import type { DataEnv } from "./environment.ts";
import { compiledMagick } from "./magick.ts";
import { thumbnailCache } from "./thumbnail_cache.ts";
import type { FromWorker, ThumbnailJob, ToWorker } from "./thumbnail_worker.ts";

/** Options of {@linkcode thumbnails}. */
export interface ThumbnailOptions {
  /** Height and width to bring all images to by `fit`. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. */
  readonly colour: Colour;
}

/** The part of an environment that reading many images needs. Without the last three nothing is kept on disk. */
export type ThumbnailEnv =
  & Pick<DataEnv, "files" | "signal" | "onRead">
  & Partial<Pick<DataEnv, "variable" | "permitted" | "system">>;

type Decoded = E.Either<CorruptFile, Uint8Array>;
type Read = E.Either<CorruptFile | FileUnavailable, Uint8Array>;

/**
 * Reads image files and brings each to a size, on as many cores as there are (at most eight) where workers may be started, else in
 * this thread. Memory is that of a few files for each core, however many files there are.
 *
 * Thumbnails of files of 64 KiB and more are kept in the user's cache folder, or in `./runs/.cache`, where these may be
 * written, by the SHA-256 of the file's content; together they take at most about 2 GiB.
 *
 * @param paths Files to read.
 * @param options Options, as {@linkcode ThumbnailOptions} describes them.
 * @param env Files; `signal`, at which reading stops at once, whatever is in flight; `onRead`, which is called with the number of files
 * that are done.
 * @returns For each file, in order, height × width bytes, × 3 for "rgb", or `FileUnavailable` or `CorruptFile`, which
 * name it; at the end `Interrupted` where the signal was aborted.
 *
 * @example
 * ```ts ignore
 * import { thumbnails } from "./thumbnails.ts";
 * import { denoDataEnv } from "./environment.ts";
 * import { E } from "../../graph/fp_ts.ts";
 *
 * const photos = ["a.jpg", "b.heic", "c.webp"];
 * let good = 0;
 * for await (const thumbnail of thumbnails(photos, { size: [32, 32], colour: "rgb" }, denoDataEnv)) {
 *   if (E.isRight(thumbnail)) good++;
 * }
 * ```
 */
export async function* thumbnails(
  paths: readonly string[],
  { size, colour }: ThumbnailOptions,
  env: ThumbnailEnv,
): AsyncGenerator<E.Either<CorruptFile | FileUnavailable | Interrupted, Uint8Array>, void, void> {
  const { files, signal, onRead, variable, permitted, system } = env;
  const interrupted = E.left<Interrupted>({ _tag: "Interrupted", epoch: 0, step: 0 });
  if (signal?.aborted) return yield interrupted;
  const cache = variable && permitted && system !== undefined
    ? await thumbnailCache(size, colour, { files, variable, permitted, system })
    : null;
  const pool = poolFor(paths.length, size, colour);
  const kept = new Set<Promise<void>>();

  const readOne = async (path: string): Promise<Read> => {
    const read = await files.read(path)();
    if (E.isLeft(read)) return read;
    const name = await cache?.nameOf(read.right) ?? null;
    const known = name === null ? null : await cache!.get(name);
    if (known !== null) return E.right(known);
    const decoded = await pool.decode(path, read.right);
    if (E.isRight(decoded) && name !== null) {
      const keeping = cache!.put(name, decoded.right).finally(() => kept.delete(keeping));
      kept.add(keeping);
    }
    return decoded;
  };

  // Not a promise that every file would race with: it would keep all of them.
  let wake = () => {};
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort, { once: true });
  const ahead: Promise<Read>[] = [];
  try {
    for (let [begun, done] = [0, 0]; done < paths.length; done++) {
      while (begun < paths.length && ahead.length < pool.ahead) {
        ahead.push(readOne(paths[begun++]));
      }
      const read = await new Promise<Read | null>((resolve) => {
        wake = () => resolve(null);
        ahead[0].then(resolve);
      });
      if (read === null || signal?.aborted) return yield interrupted;
      ahead.shift();
      yield read;
      onRead?.(done + 1, paths.length);
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    pool.stop();
    await Promise.all([...ahead, ...kept]);
  }
}

// ---- Workers

/** Decodes images somewhere. */
interface Pool {
  /** Number of files that are begun at a time. */
  readonly ahead: number;
  readonly decode: (file: string, bytes: Uint8Array) => Promise<Decoded>;
  /** Ends all work: what is not decoded yet has failed. */
  readonly stop: () => void;
}

/** A few images are decoded before a worker has started. */
const FEW = 4;

/** The most workers: each has a decoder of its own, and the largest image takes hundreds of MiB. */
const MOST_WORKERS = 8;

/** Images that a worker receives ahead, so that it need not wait for this thread. */
const PER_WORKER = 2;

/**
 * Largest number of bytes that a worker's decoder keeps between two images. The memory of WebAssembly grows to what the
 * largest image takes and never shrinks.
 */
const MOST_KEPT = 2 ** 28;

/** Milliseconds after which an image that is still being decoded is given up. */
const PATIENCE = 120_000;

function poolFor(count: number, size: ThumbnailOptions["size"], colour: Colour): Pool {
  const here = (file: string, bytes: Uint8Array): Promise<Decoded> =>
    // A turn of the event loop before each, in which signals get through.
    new Promise<void>((resolve) => setTimeout(resolve, 0))
      .then(() => decodeThumbnail(file, bytes, size, colour)());
  const workers = count < FEW ? 0 : workersToStart();
  return workers > 0
    ? workerPool(workers, size, colour, here)
    : { ahead: 1, decode: here, stop: () => {} };
}

/** The worker's module: TypeScript here, JavaScript in the npm package. */
const workerUrl = new URL(
  `./thumbnail_worker.${import.meta.url.endsWith(".js") ? "js" : "ts"}`,
  import.meta.url,
);

/** Returns the number of workers that may be started without a permission prompt. */
function workersToStart(): number {
  // A browser decodes beside its script anyway, and Node.js has no such workers.
  if (imageDecoder().name === "browser" || !("Deno" in globalThis)) return 0;
  const { protocol, host } = workerUrl;
  const permission = protocol === "file:"
    ? { name: "read", path: workerUrl } as const
    : { name: "import", host } as const;
  return Deno.permissions.querySync(permission).state === "granted"
    ? Math.min(MOST_WORKERS, navigator.hardwareConcurrency)
    : 0;
}

/** An image that waits or is being decoded. */
interface Task {
  readonly file: string;
  readonly job: ThumbnailJob;
  readonly resolve: (decoded: Decoded) => void;
}

/** A worker with its images, the one that is being decoded first. */
interface Running {
  readonly worker: Worker;
  readonly tasks: Task[];
  /** Resolves once it has been sent its decoder. */
  readonly ready: Promise<void>;
  /** Whether it has ever answered. */
  started: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

function workerPool(
  most: number,
  size: ThumbnailOptions["size"],
  colour: Colour,
  here: Pool["decode"],
): Pool {
  const running = new Set<Running>();
  const waiting: Task[] = [];
  let [ids, stopped, unavailable] = [0, false, false];

  const fail = ({ file, resolve }: Task, reason: string) =>
    resolve(E.left({ _tag: "CorruptFile", file, reason }));

  const start = (): Running => {
    const worker = new Worker(workerUrl, { type: "module" });
    const ready = compiledMagick().then(
      (module) => worker.postMessage({ module } satisfies ToWorker),
      (cause) => end(one, String(cause)),
    );
    const one: Running = { worker, tasks: [], ready, started: false };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      one.started = true;
      if (data.id !== null) finish(one, data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(one, event.message);
    };
    running.add(one);
    return one;
  };

  const finish = (one: Running, data: Exclude<FromWorker, { readonly id: null }>) => {
    // The answer of a worker that has been replaced comes too late.
    if (!running.has(one)) return;
    const at = one.tasks.findIndex(({ job }) => job.id === data.id);
    const [task] = one.tasks.splice(at, 1);
    if ("reason" in data) fail(task, data.reason);
    else task.resolve(E.right(data.pixels));
    if (data.memory > MOST_KEPT) return replace(one);
    watch(one);
    next();
  };

  /** Ends a worker; what it was given is begun again elsewhere. */
  const replace = (one: Running) => {
    running.delete(one);
    clearTimeout(one.timer);
    one.worker.terminate();
    waiting.unshift(...one.tasks);
    next();
  };

  /** Looks at the clock for the image that is being decoded. */
  const watch = (one: Running) => {
    clearTimeout(one.timer);
    if (one.tasks.length === 0) return;
    const reason = `it was not decoded within ${PATIENCE / 1000} s`;
    one.timer = setTimeout(() => end(one, reason), PATIENCE);
  };

  /** Ends a worker whose first image has made it fail; the others are begun again elsewhere. */
  const end = (one: Running, reason: string) => {
    if (!running.has(one)) return;
    if (!one.started) unavailable = true;
    else if (one.tasks.length > 0) fail(one.tasks.shift()!, `the decoder has failed: ${reason}`);
    replace(one);
  };

  const next = () => {
    if (stopped) return;
    if (unavailable) {
      for (const { file, job, resolve } of waiting.splice(0)) here(file, job.bytes).then(resolve);
      return;
    }
    while (waiting.length > 0) {
      const [idle] = [...running].sort((a, b) => a.tasks.length - b.tasks.length);
      const busy = idle === undefined || idle.tasks.length > 0;
      const one = busy && running.size < most ? start() : idle;
      if (one.tasks.length >= PER_WORKER) return;
      const task = waiting.shift()!;
      one.tasks.push(task);
      one.ready.then(() => one.worker.postMessage(task.job satisfies ToWorker));
      if (one.tasks.length === 1) watch(one);
    }
  };

  return {
    ahead: (1 + PER_WORKER) * most,
    decode: (file, bytes) =>
      new Promise((resolve) => {
        // A part of a larger buffer would be sent with all of it.
        const whole = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
        waiting.push({ file, job: { id: ids++, bytes: whole, size, colour }, resolve });
        if (stopped) fail(waiting.pop()!, "it was stopped");
        else next();
      }),
    stop: () => {
      stopped = true;
      for (const { worker, tasks, timer } of running) {
        clearTimeout(timer);
        worker.terminate();
        waiting.push(...tasks);
      }
      running.clear();
      for (const task of waiting.splice(0)) fail(task, "it was stopped");
    },
  };
}
