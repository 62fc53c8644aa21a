/**
 * A diagram cut where a single wire goes on: the parts between which a line may be broken.
 *
 * @module
 */
import type { Wire } from "../../../graph/wiring.ts";
import type { Stack, Stacked } from "./stack.ts";

/** A part of a diagram that hangs together by more than one wire, or a single stack. */
export interface Segment extends Stacked {
  /** That comes from the segment before, from its last stack to the first of this; null for the first. */
  readonly entry: Wire | null;
}

/**
 * Cuts a diagram wherever one wire, and no other, goes on.
 *
 * @example
 * ```ts
 * import { segmentsOf } from "./segments.ts";
 * import { single } from "./stack.ts";
 * import { graph } from "../../../graph/parse.ts";
 * import { wiringOf } from "../../../graph/wiring.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = wiringOf(graph`linear(8, 8) ▷ residual(linear(8)) ▷ relu`);
 * if (E.isLeft(wiring)) throw new Error("no shapes");
 * const segments = segmentsOf(single(wiring.right));
 * assertEquals(
 *   segments.map(({ stacks }) => stacks.map(({ id }) => id)),
 *   [["input"], ["0", "1.body.0", "1"], ["2"], ["output"]],
 * );
 * ```
 */
export function segmentsOf({ stacks, wires }: Stacked): readonly Segment[] {
  const place = new Map(stacks.map(({ id }, i) => [id, i]));
  const at = (id: string): number => place.get(id) ?? -1;
  const groups: Stack[][] = [];
  const entries: (Wire | null)[] = [];
  stacks.forEach((stack, i) => {
    const crossing = wires.filter(({ from, to }) => at(from) < i && at(to) >= i);
    const [only] = crossing;
    if (
      i === 0 || (crossing.length === 1 && only.to === stack.id && only.from === stacks[i - 1].id)
    ) {
      groups.push([stack]);
      entries.push(only ?? null);
    } else groups[groups.length - 1].push(stack);
  });
  return groups.map((group, i) => {
    const ids = new Set(group.map(({ id }) => id));
    return {
      stacks: group,
      wires: wires.filter(({ from, to }) => ids.has(from) && ids.has(to)),
      entry: entries[i],
    };
  });
}
