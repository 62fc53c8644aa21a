/**
 * Compile errors of graphs that do not fit: the sentences of shape inference, as types.
 *
 * An argument of type `Graph<I, O> & Must<…>` is a graph where the condition holds. Where it does not,
 * nothing has that type, and the compiler's error ends in the sentence: `Type 'Graph<…>' is not
 * assignable to type '"Cannot compose: expected [65], current value is [64]"'`. It is a text and not an
 * object with the shapes as properties, since of an object the compiler shows that properties are
 * missing before it shows what they say.
 *
 * @module
 */
import type { Fits, Pair, Shape } from "./types.ts";

/**
 * Type of a check: `unknown` where a condition holds, and otherwise a type that no value has and that states the
 * reason.
 */
export type Must<Holds extends boolean, Sentence extends string> =
  // In brackets, for `never` must not spread: where the input is `never`, as of a graph that is written
  // as text, `Fits` is `never`, and anything goes.
  [Holds] extends [true] ? unknown : Sentence;

/** The sentence of an error, as `describe` writes it. */
export type Cannot<Task extends string, Expected extends string, Actual> =
  `Cannot ${Task}: expected ${Expected}, current value is ${SpaceText<Actual>}`;

/** The type required of a graph that gives O and is followed by one that takes I. */
export type MustFit<O, I> = Must<Fits<O, I>, Cannot<"compose", SpaceText<I>, O>>;

/** The type required of a residual's body that takes I. */
export type MustTakeTensor<I> = Must<
  Fits<I, Shape>,
  Cannot<"make a residual", "a body that takes a tensor", I>
>;

/** The type required of a residual's body that takes I and gives O. */
export type MustKeep<I, O> = Must<
  Fits<O, I>,
  Cannot<"make a residual", `a body that takes and gives ${SpaceText<I>}`, O>
>;

/** A space in words, as far as it is known: `[28, 28, number]`, `a pair ([64], a tensor)`. */
export type SpaceText<S> = unknown extends S ? "anything"
  : "alike" extends keyof S ? "a pair of tensors of one shape"
  : S extends Pair<infer A, infer B> ? `a pair (${SpaceText<A>}, ${SpaceText<B>})`
  : S extends Shape ? number extends S["length"] ? "a tensor" : `[${DimensionsText<S>}]`
  : "something else";

/** Dimensions with commas between them; one that is no literal is `number`, as in a hover. */
export type DimensionsText<S extends Shape> = S extends readonly [infer N extends number]
  ? DimensionText<N>
  : S extends readonly [infer N extends number, ...infer Rest extends Shape]
    ? `${DimensionText<N>}, ${DimensionsText<Rest>}`
  : "";

/** A dimension: `64`, or `number` where it is no literal. */
export type DimensionText<N extends number> = number extends N ? "number" : `${N}`;
