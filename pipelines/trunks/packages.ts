/**
 * The npm packages that run trunks, at one version each, in this one place. Deno fetches them when they are first used.
 *
 * Their names are no literals where they are imported: Deno would write them into `deno.lock`, and fetch all of them
 * for every program, whether it has a trunk or not. In Node.js the program has installed them.
 *
 * @module
 */
import type { BackendUnavailable } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";

const DENO_NATIVE = "npm:onnxruntime-node@1.30.0";
const DENO_WASM = "npm:onnxruntime-web@1.30.0/wasm";
// The version of `ops/tfjs.ts`.
const DENO_GRAPH = "npm:@tensorflow/tfjs-converter@4.22.0";
const DENO_LAYERS = "npm:@tensorflow/tfjs-layers@4.22.0";
const NATIVE = "onnxruntime-node";
const WASM = "onnxruntime-web/wasm";
const GRAPH = "@tensorflow/tfjs-converter";
const LAYERS = "@tensorflow/tfjs-layers";

/** A part that runs trunks: onnxruntime's two builds, or a loader of TensorFlow.js's models. */
export type Part = "native" | "wasm" | "graph" | "layers";

const specifiers: Readonly<Record<Part, string>> = {
  native: DENO_NATIVE,
  wasm: DENO_WASM,
  graph: DENO_GRAPH,
  layers: DENO_LAYERS,
};

/** Whether this is Deno, which fetches packages by itself. */
export const inDeno = (): boolean => "Deno" in globalThis;

function imported(part: Part): Promise<unknown> {
  const deno = inDeno();
  switch (part) {
    case "native":
      return deno ? import(DENO_NATIVE) : import(NATIVE);
    case "wasm":
      return deno ? import(DENO_WASM) : import(WASM);
    case "graph":
      return deno ? import(DENO_GRAPH) : import(GRAPH);
    case "layers":
      return deno ? import(DENO_LAYERS) : import(LAYERS);
  }
}

/** The name of a part's package with its version: "onnxruntime-web 1.30.0". */
export const nameOf = (part: Part): string =>
  specifiers[part].slice("npm:".length).replace("/wasm", "").replace(/@([\d.]+)$/, " $1");

/** Returns the first line of a thrown error. */
export const wordsOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0];

/** Imports a part; `BackendUnavailable` where it cannot be had. */
export async function importPart(part: Part): Promise<E.Either<BackendUnavailable, unknown>> {
  try {
    return E.right(await imported(part));
  } catch (thrown) {
    return E.left({
      _tag: "BackendUnavailable",
      backend: nameOf(part),
      reason: wordsOf(thrown),
      advice: inDeno()
        ? `It is fetched when it is first used: deno cache ${specifiers[part]} does so beforehand`
        : `Install it: npm install ${nameOf(part).replace(" ", "@")}`,
    });
  }
}
