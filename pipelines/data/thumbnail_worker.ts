/**
 * The worker that decodes images beside the program's own thread; `thumbnails.ts` starts and stops it.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { Colour } from "./bitmap.ts";
import { decodeThumbnail } from "./decode_image.ts";
import { magickMemory, startMagick } from "./magick.ts";

/** An image to decode. */
export interface ThumbnailJob {
  /** Number that the reply has too. */
  readonly id: number;
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Height and width to bring the image to. */
  readonly size: readonly [height: number, width: number];
  /** Channels of the result. */
  readonly colour: Colour;
}

/** A message to the worker: first the compiled decoder, then any number of images. */
export type ToWorker = { readonly module: WebAssembly.Module } | ThumbnailJob;

/** Message from the worker: that it has started, or the result of an image. */
export type FromWorker =
  | { readonly id: null }
  | Answer & { readonly pixels: Uint8Array }
  | Answer & { readonly reason: string };

/** The part of an answer that says which it is and what it cost. */
interface Answer {
  readonly id: number;
  /** Bytes of the decoder's memory, which the largest image so far has made that large. */
  readonly memory: number;
}

/** The worker's own global object, by the parts that are used. */
interface Scope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  readonly postMessage: (message: FromWorker, transfer?: readonly ArrayBufferLike[]) => void;
}

async function answer(message: ToWorker, { postMessage }: Scope): Promise<void> {
  if ("module" in message) {
    await startMagick(message.module);
    return postMessage({ id: null });
  }
  const { id, bytes, size, colour } = message;
  try {
    const decoded = await decodeThumbnail("", bytes, size, colour)();
    const memory = await magickMemory();
    if (E.isLeft(decoded)) postMessage({ id, memory, reason: decoded.left.reason });
    else postMessage({ id, memory, pixels: decoded.right }, [decoded.right.buffer]);
  } catch (cause) {
    postMessage({ id, memory: 0, reason: `the decoder has failed: ${cause}` });
  } finally {
    // This thread's own copy, which would otherwise be kept until garbage is collected.
    if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
  }
}

if (import.meta.main && "WorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as Scope;
  let before: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data }) => {
    before = before.then(() => answer(data, scope));
  };
}
