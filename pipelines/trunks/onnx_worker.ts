/**
 * The worker in which onnxruntime's WebAssembly computes: it is sent a model, then one batch after the other.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import {
  type FromWorker,
  type Onnxruntime,
  runSession,
  session,
  type ToWorker,
} from "./onnx_network.ts";
import { importPart, wordsOf } from "./packages.ts";

interface Scope {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  readonly postMessage: (message: FromWorker, transfer?: readonly ArrayBufferLike[]) => void;
}

const scope = globalThis as unknown as Scope;

// onnxruntime-web resolves its own address against that of the worker, whose origin is "null".
Reflect.deleteProperty(globalThis, "location");

let ort: Onnxruntime | undefined;
let loaded: Awaited<ReturnType<typeof session>> | undefined;

async function answer(message: ToWorker): Promise<FromWorker> {
  if (ort === undefined) {
    const imported = await importPart("wasm");
    if (E.isLeft(imported)) {
      return { _tag: "failed", reason: imported.left.reason, unavailable: imported.left };
    }
    ort = imported.right as Onnxruntime;
  }
  try {
    if ("model" in message) {
      loaded = await session(ort, message.model);
      return { _tag: "ready" };
    }
    const output = await runSession(ort, loaded!, message.feed, message.input);
    // A copy: what the runtime gives is its own memory.
    return { _tag: "done", output: { shape: [...output.shape], data: output.data.slice() } };
  } catch (thrown) {
    return { _tag: "failed", reason: wordsOf(thrown) };
  }
}

scope.onmessage = async ({ data }) => {
  const message = await answer(data);
  scope.postMessage(message, message._tag === "done" ? [message.output.data.buffer] : []);
};
