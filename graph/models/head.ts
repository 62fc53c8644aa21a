/**
 * What a ready graph ends in: logits, or a kWTA code.
 *
 * @module
 */
import { identity, to } from "../compose.ts";
import { kwta, type LearnedKwtaOptions, linear } from "../constructors.ts";
import { pipe } from "../fp_ts.ts";
import type { Graph } from "../node.ts";
import type { Same, Shape } from "../types.ts";

/** A kWTA over the units that a model ends in. */
export interface CodeOptions extends LearnedKwtaOptions {
  /** Which fraction of the units fires, in (0, 1]. */
  readonly sparsity: number;
}

/** A linear layer with a kWTA over it. */
export interface CodeHead extends CodeOptions {
  /** Bits of the code, at least 2. */
  readonly units: number;
  /** Whether the linear layer adds a bias. @default true */
  readonly bias?: boolean;
}

/** How a classifier ends. */
export interface ClassifierOptions {
  /** Number of logits, at least 1. @default 10 */
  readonly classes?: number;
  /** A code in place of the logits; `classes` is then ignored. @default none */
  readonly head?: CodeHead;
}

/**
 * The kWTA of a code; without options, the graph that does nothing.
 *
 * @example
 * ```ts
 * import { codeOf } from "./head.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(codeOf({ sparsity: 0.05, hardness: 4 })), "kwta(0.05, hardness=4)");
 * assertEquals(show(codeOf()), "identity");
 * ```
 */
export const codeOf = (options?: CodeOptions): Graph<Shape, Same> =>
  options === undefined ? identity : kwta(options.sparsity, options);

/**
 * The last layer of a classifier: its logits, or the code in their place.
 *
 * @example
 * ```ts
 * import { endOf } from "./head.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(endOf({})), "linear(10)");
 * assertEquals(show(endOf({ head: { units: 512, sparsity: 0.05 } })), "linear(512) ▷ kwta(0.05)");
 * ```
 */
export const endOf = (
  { classes = 10, head }: ClassifierOptions,
): Graph<readonly [number], readonly [number]> =>
  pipe(linear(head?.units ?? classes, { bias: head?.bias ?? true }), to(codeOf(head)));
