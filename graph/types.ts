/**
 * Shapes of a graph as TypeScript's types know them.
 *
 * A literal dimension is checked by the compiler; one that is a mere `number` is left to shape
 * inference at run time.
 *
 * @module
 */

/** The dimensions of a tensor, batch axis left out. */
export type Shape = readonly number[];

/** The key of a property that no graph has: it carries the shapes for the compiler. */
export declare const shapes: unique symbol;

/**
 * Two values side by side: the output of `fanout`, and the input of `split`, `add` and `concat`.
 */
export interface Pair<A, B> {
  /** The one. */
  readonly first: A;
  /** Second component. */
  readonly second: B;
}

/** The type of data that goes through a graph: a tensor, or a tree of pairs of tensors. */
export type Space = Shape | Pair<Space, Space>;

/** A pair of tensors of one shape. */
export interface Alike extends Pair<Shape, Shape> {
  /** Mark that lets the compiler compare two types. The property is never present. */
  readonly alike?: true;
}

/** Path to a component in a tree of pairs; [] is the whole. */
export type Path = readonly ("first" | "second")[];

/** Placeholder for an output shape: the part of the input's shape at a path. */
export interface Part<P extends Path> {
  /** Path of the part. The property is never present: the type has no values. */
  readonly part: P;
}

/** Placeholder for an output shape: the input's own shape. */
export type Same = Part<readonly []>;

/** Placeholder for an output shape: the shape of the input's first component. */
export type First = Part<readonly ["first"]>;

/** The component at the path P of a space; of a part, a part; `unknown` where nobody knows. */
export type At<I, P extends Path> = P extends readonly [infer K, ...infer R extends Path]
  ? I extends Pair<infer A, infer B> ? At<K extends "first" ? A : B, R>
  : I extends Part<infer Q> ? Part<readonly [...Q, ...P]>
  : unknown
  : I;

/** An output O with its parts looked up in the input I. */
export type Resolve<O, I> = O extends Part<infer P> ? At<I, P>
  : O extends Pair<infer A, infer B> ? Pair<Resolve<A, I>, Resolve<B, I>>
  : O;

/** An output O with those parts looked up whose every dimension is a literal in I. */
export type Settle<O, I> = O extends Part<infer P> ? IsLiteral<At<I, P>> extends true ? At<I, P> : O
  : O extends Pair<infer A, infer B> ? Pair<Settle<A, I>, Settle<B, I>>
  : O;

/** Whether S is a shape whose every dimension is a literal. */
export type IsLiteral<S> = unknown extends S ? false
  : S extends Shape ? number extends S["length"] | S[number] ? false : true
  : false;

/** An output O of a component, as seen from the pair. */
export type Within<K extends "first" | "second", O> = O extends Part<infer P>
  ? Part<readonly [K, ...P]>
  : O extends Pair<infer A, infer B> ? Pair<Within<K, A>, Within<K, B>>
  : O;

/** Whether a dimension A may meet a dimension B, as far as the compiler can tell. */
export type DimensionFits<A, B> = number extends A ? true
  : number extends B ? true
  : A extends B ? true
  : false;

/** Whether a shape A may meet a shape B, as far as the compiler can tell. */
export type ShapeFits<A extends Shape, B extends Shape> = number extends A["length"] ? true
  : number extends B["length"] ? true
  : A extends readonly [infer HeadA, ...infer TailA extends Shape]
    ? B extends readonly [infer HeadB, ...infer TailB extends Shape]
      ? DimensionFits<HeadA, HeadB> extends true ? ShapeFits<TailA, TailB> : false
    : false
  : B extends readonly [] ? true
  : false;

/** Whether an output O, its parts looked up, may enter an input I, as far as the compiler tells. */
export type Fits<O, I> = unknown extends O ? true
  : unknown extends I ? true
  : O extends Pair<infer A, infer B>
    ? I extends Pair<infer C, infer D>
      ? [Fits<A, C>, Fits<B, D>, "alike" extends keyof I ? Fits<A, B> : true] extends
        [true, true, true] ? true
      : false
    : false
  : O extends Shape ? I extends Shape ? ShapeFits<O, I> : false
  : true;

/** The shape of a tensor that is both A and B, which fit. */
export type Meet<A, B> = unknown extends A ? B
  : unknown extends B ? A
  : A extends Part<Path> ? A
  : A extends Pair<infer A1, infer A2>
    ? B extends Pair<infer B1, infer B2> ? Pair<Meet<A1, B1>, Meet<A2, B2>> : A
  : A extends Shape ? B extends Shape ? MeetShape<A, B> : A
  : A;

/** The literal dimensions of both shapes. */
export type MeetShape<A extends Shape, B extends Shape> = number extends A["length"] ? B
  : number extends B["length"] ? A
  : {
    readonly [K in keyof A]: number extends A[K] ? K extends keyof B ? B[K] : A[K] : A[K];
  };

/** The input I, of whose part at P it has become known that it is J. */
export type Put<I, P extends Path, J> = P extends readonly [infer K, ...infer R extends Path]
  ? I extends Pair<infer A, infer B>
    ? K extends "first" ? Pair<Put<A, R, J>, B> : Pair<A, Put<B, R, J>>
  : I
  : Meet<I, J>;

/** The input of f ▷ g: where f hands a part of its input on, g may know more of it than f. */
export type InputOf<I1, O1, I2> = O1 extends Part<infer P> ? Put<I1, P, I2>
  : O1 extends Pair<infer A, infer B>
    ? I2 extends Pair<infer C, infer D> ? InputOf<InputOf<I1, A, C>, B, D> : I1
  : I1;

/** The output of f ▷ g. */
export type OutputOf<I1, O1, I2, O2> = Settle<Resolve<O2, Meet<O1, I2>>, InputOf<I1, O1, I2>>;

/** The input of a residual: what its body takes and gives. */
export type Kept<I, O> = Meet<Meet<I, Shape>, Resolve<O, I>>;

/** The output of a residual of this input. */
export type KeptOf<I> = Settle<Same, I>;

/** The last of a list of sizes, where the compiler knows it. */
export type LastOf<S extends Shape> = S extends readonly [...Shape, infer L extends number] ? L
  : number;
