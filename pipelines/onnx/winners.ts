/**
 * k-winners-take-all in ONNX's operators.
 *
 * @module
 */
import type { Over } from "../../graph/node.ts";
import { sizeOf } from "../../graph/space.ts";
import { type Emitter, int } from "./emitter.ts";
import { ElementType } from "./proto.ts";
import { channelsFirst, channelsLast, reshaped, type Signal, written } from "./signal.ts";

/**
 * 1 where a unit is above the midpoint between the k-th and the (k+1)-th largest of its row, else 0: the same
 * threshold in the same arithmetic as `hardKwta`, so that ties lose as a whole here too.
 *
 * @param rows A matrix [any, units].
 */
function winnersOf({ node, integers, floats }: Emitter, rows: string, k: number): string {
  const [values] = node("TopK", [rows, integers([1], [k + 1])], { axis: int(-1) }, 2);
  const at = (i: number): string =>
    node("Slice", [values, ...[i, i + 1, 1].map((n) => integers([1], [n]))])[0];
  const [sum] = node("Add", [at(k - 1), at(k)]);
  const [threshold] = node("Mul", [sum, floats([1], Float32Array.of(0.5))]);
  const [above] = node("Greater", [rows, threshold]);
  return node("Cast", [above], { to: int(ElementType.float) })[0];
}

/** The winners among the units of a sample, of each channel, or at each place. */
export function competition(
  out: Emitter,
  x: Signal,
  over: Over,
  winners: (n: number) => number,
): Signal {
  const { shape } = x;
  const first = over === "channel";
  const units = over === "sample" ? sizeOf(shape) : first ? shape[0] * shape[1] : shape[2];
  const laid = first ? channelsFirst(out, x) : channelsLast(out, x);
  const flat = out.node("Reshape", [laid.name(), out.integers([2], [-1, units])])[0];
  const won = winnersOf(out, flat, winners(units));
  const back = first ? [shape[2], shape[0], shape[1]] : shape;
  const to = out.integers([back.length + 1], [-1, ...back]);
  return written(out.node("Reshape", [won, to])[0], shape, first);
}

/** 1 where a unit is above its own threshold, [units…], else 0. */
export function above(out: Emitter, x: Signal, threshold: Float32Array): Signal {
  const laid = channelsLast(out, x);
  const [more] = out.node("Greater", [laid.name(), out.floats(x.shape, threshold)]);
  return written(out.node("Cast", [more], { to: int(ElementType.float) })[0], x.shape);
}

/** A vector of the same values. */
export const flattened = (out: Emitter, x: Signal): Signal =>
  x.shape.length === 1 ? x : reshaped(out, x, [sizeOf(x.shape)]);
