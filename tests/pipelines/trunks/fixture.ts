/** Small networks with what PyTorch makes of two pictures: `fixture/make.py` has made them. */
import type { Onnxruntime } from "../../../pipelines/trunks/mod.ts";

/** The path of a file of the fixture. */
export const fixture = (name: string): string =>
  new URL(`fixture/${name}`, import.meta.url).pathname;

/** Two pictures, and layers of a network by name. */
interface Golden<Layers extends string> {
  readonly pixels: Uint8Array;
  readonly layers: Readonly<Record<Layers, readonly number[]>>;
}

const read: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = JSON.parse(
  Deno.readTextFileSync(fixture("golden.json")),
);

const goldenOf = <Layers extends string>(name: string): Golden<Layers> => ({
  pixels: Uint8Array.from(read[name].pixels),
  layers: read[name],
});

/** Pictures of 9 × 11: the first layer averaged over its map, the second whole, averaged, and the classes. */
export const conv = goldenOf<"first" | "second" | "pooled" | "output">("conv");

/** Pictures of 8 × 12: seven tokens of 16 numbers each. */
export const transformer = goldenOf<"tokens">("transformer");

/** onnxruntime's WebAssembly in this thread. */
export const inThisThread = async (): Promise<Onnxruntime> =>
  await import("npm:onnxruntime-web@1.30.0/wasm") as unknown as Onnxruntime;
