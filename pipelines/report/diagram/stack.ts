/**
 * Boxes of a diagram, stacked where a long one would not be read otherwise.
 *
 * @module
 */
import type { Box, Wire, Wiring } from "../../../graph/wiring.ts";

/** Boxes one below the other, drawn as one. */
export interface Stack {
  /** Of its first box. */
  readonly id: string;
  /** In the order in which a tensor goes through them; none where a wire parts. */
  readonly boxes: readonly Box[];
}

/** A diagram before it is laid out. */
export interface Stacked {
  /** In an order in which wires go forwards. */
  readonly stacks: readonly Stack[];
  /** Between stacks, by the ids of these. */
  readonly wires: readonly Wire[];
}

/** Every box on its own. */
export const single = ({ boxes, wires }: Wiring): Stacked => ({
  stacks: boxes.map((box) => ({ id: box.id, boxes: [box] })),
  wires,
});

const isEnd = ({ id }: Pick<Box, "id">): boolean => /^(in|out)put/.test(id);

/**
 * Puts a box that keeps its input's shape, as a batch norm or a ReLU does, on the stack of the box that
 * its input comes from, where that goes nowhere else.
 *
 * @example
 * ```ts
 * import { stacked } from "./stack.ts";
 * import { graph } from "../../../graph/parse.ts";
 * import { wiringOf } from "../../../graph/wiring.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = wiringOf(graph`linear(784, 64) ▷ relu ▷ linear(10)`);
 * if (E.isLeft(wiring)) throw new Error("no shapes");
 * const { stacks, wires } = stacked(wiring.right);
 * assertEquals(stacks.map(({ boxes }) => boxes.length), [1, 2, 1, 1]);
 * assertEquals(wires[1], { from: "0", to: "2", shape: [64] });
 * ```
 */
export function stacked(wiring: Wiring): Stacked {
  const { boxes, wires } = wiring;
  const entering = Map.groupBy(wires, ({ to }) => to);
  const leaving = Map.groupBy(wires, ({ from }) => from);
  /** By box, the id of the stack that it lies in. */
  const owner = new Map<string, string>();
  for (const box of boxes) {
    const [wire, ...others] = entering.get(box.id) ?? [];
    const [next] = leaving.get(box.id) ?? [];
    const lies = wire !== undefined && others.length === 0 && next !== undefined &&
      !isEnd({ id: wire.from }) && leaving.get(wire.from)?.length === 1 &&
      String(wire.shape) === String(next.shape);
    owner.set(box.id, lies ? owner.get(wire.from) ?? wire.from : box.id);
  }
  const ownerOf = (id: string): string => owner.get(id) ?? id;
  const stacks = Map.groupBy(boxes, ({ id }) => ownerOf(id));
  return {
    stacks: [...stacks].map(([id, boxes]) => ({ id, boxes })),
    wires: wires
      .map(({ from, to, shape }) => ({ from: ownerOf(from), to: ownerOf(to), shape }))
      .filter(({ from, to }) => from !== to),
  };
}

/** Whether it is no stack but a point at which a wire parts. */
export const isFork = ({ boxes }: Stack): boolean => boxes.length === 0;

/**
 * Gives every wire that parts a point at which it does, so that a single wire leaves each stack.
 *
 * @example
 * ```ts
 * import { forked, isFork, single } from "./stack.ts";
 * import { graph } from "../../../graph/parse.ts";
 * import { wiringOf } from "../../../graph/wiring.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = wiringOf(graph`linear(8, 8) ▷ residual(relu)`);
 * if (E.isLeft(wiring)) throw new Error("no shapes");
 * assertEquals(forked(single(wiring.right)).stacks.filter(isFork).length, 1);
 * ```
 */
export function forked({ stacks, wires }: Stacked): Stacked {
  const leaving = Map.groupBy(wires, ({ from }) => from);
  const parts = (id: string): boolean => (leaving.get(id)?.length ?? 0) > 1;
  const fork = (id: string): string => `${id}~`;
  return {
    stacks: stacks.flatMap((stack) =>
      parts(stack.id) ? [stack, { id: fork(stack.id), boxes: [] }] : [stack]
    ),
    wires: [
      ...stacks.flatMap(({ id }) =>
        parts(id) ? [{ from: id, to: fork(id), shape: leaving.get(id)![0].shape }] : []
      ),
      ...wires.map((wire) => parts(wire.from) ? { ...wire, from: fork(wire.from) } : wire),
    ],
  };
}
