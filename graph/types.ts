/**
 * What TypeScript knows of the shapes that go through a graph.
 *
 * A literal dimension is checked by the compiler; one that is a mere `number` is left to shape
 * inference at run time.
 *
 * @module
 */

/** The dimensions of a tensor, batch axis left out. */
export type Shape = readonly number[];

/** Two values side by side: what `fanout` makes, `split` acts on and `add` and `concat` merge. */
export interface Pair<A, B> {
  readonly first: A;
  readonly second: B;
}

/** What goes through a graph: a tensor, or a tree of pairs of tensors. */
export type Space = Shape | Pair<Space, Space>;

/** In place of an output: the input's own shape, whatever it is. */
export interface Same {
  readonly output: "same";
}

/** In place of an output: the shape of the input's first component. */
export interface First {
  readonly output: "first";
}

/** Whether a dimension A may meet a dimension B, as far as the compiler can tell. */
type DimensionFits<A, B> = number extends A ? true
  : number extends B ? true
  : A extends B ? true
  : false;

type ShapeFits<A extends Shape, B extends Shape> = number extends A["length"] ? true
  : number extends B["length"] ? true
  : A extends readonly [infer HeadA, ...infer TailA extends Shape]
    ? B extends readonly [infer HeadB, ...infer TailB extends Shape]
      ? DimensionFits<HeadA, HeadB> extends true ? ShapeFits<TailA, TailB> : false
    : false
  : B extends readonly [] ? true
  : false;

/** Whether an output O may enter an input I, as far as the compiler can tell. */
export type Fits<O, I> = unknown extends O ? true
  : unknown extends I ? true
  : O extends Same | First ? true
  : O extends Pair<infer A, infer B>
    ? I extends Pair<infer C, infer D>
      ? Fits<A, C> extends true ? Fits<B, D> extends true ? true : false : false
    : false
  : O extends Shape ? I extends Shape ? ShapeFits<O, I> : false
  : true;

/** `unknown` where O fits I, and otherwise a type that nothing has and that says why. */
export type MustFit<O, I> = Fits<O, I> extends true ? unknown
  : { readonly "shapes do not fit": readonly [given: O, wanted: I] };

/** The output of a node of declared output O when I goes in. */
export type Apply<O, I> = O extends Same ? I
  : O extends First ? (I extends Pair<infer A, unknown> ? A : Shape)
  : O;

/** The input of f ▷ g. A shape-preserving f takes what g wants. */
export type InputOf<I1, O1, I2> = O1 extends Same
  ? unknown extends I1 ? I2 : Shape extends I1 ? I2 extends Shape ? I2 : I1 : I1
  : I1;

/** The output of f ▷ g. */
export type OutputOf<O1, O2> = O1 extends Same ? O2 : Apply<O2, O1>;
