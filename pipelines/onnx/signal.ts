/**
 * What passes from node to node while a graph is written as ONNX.
 *
 * Images are [height, width, channels] in Sparrow and [channels, height, width] in ONNX; which of the two a
 * value is, it says itself, so that transposes stand only where they must.
 *
 * @module
 */
import type { Pair, Shape } from "../../graph/types.ts";
import { type Emitter, ints } from "./emitter.ts";

/** An affine map per output that is not written yet, so that a batch norm after it can go into it. */
export interface Affine {
  /** […, outputs]. */
  readonly weight: Float32Array;
  /** [outputs]. */
  readonly bias: Float32Array;
  /** Writes the map; returns the name of its output. */
  readonly write: (weight: Float32Array, bias: Float32Array) => string;
}

/** A tensor on its way. */
export interface Signal {
  /** Of one sample, as in Sparrow. */
  readonly shape: Shape;
  /** Whether the channels come before height and width. */
  readonly channelsFirst: boolean;
  /** Its name; what makes it is written when this is first asked for. */
  readonly name: () => string;
  /** The map that makes it, if it is one and not written. */
  readonly affine?: Affine;
}

/** A tensor, or pairs of them. */
export type Signals = Signal | Pair<Signals, Signals>;

/** A tensor that is written already. */
export const written = (name: string, shape: Shape, channelsFirst = false): Signal => ({
  shape,
  channelsFirst,
  name: () => name,
});

/** A tensor that an affine map makes, once it is asked for. */
export function pending(affine: Affine, shape: Shape, channelsFirst: boolean): Signal {
  let name: string | null = null;
  return {
    shape,
    channelsFirst,
    affine,
    name: () => name ??= affine.write(affine.weight, affine.bias),
  };
}

/** The tensor with channels last, as Sparrow has it. */
export const channelsLast = ({ node }: Emitter, x: Signal): Signal =>
  x.channelsFirst
    ? written(node("Transpose", [x.name()], { perm: ints([0, 2, 3, 1]) })[0], x.shape)
    : x;

/** The image with channels first, as ONNX's convolutions want it. */
export const channelsFirst = ({ node }: Emitter, x: Signal): Signal =>
  x.channelsFirst
    ? x
    : written(node("Transpose", [x.name()], { perm: ints([0, 3, 1, 2]) })[0], x.shape, true);

/** A tensor of another shape, row-major as Sparrow has it. */
export function reshaped(out: Emitter, x: Signal, shape: Shape): Signal {
  const last = channelsLast(out, x);
  const to = out.integers([shape.length + 1], [-1, ...shape]);
  return written(out.node("Reshape", [last.name(), to])[0], shape);
}
