/**
 * The fold of a graph into a plan: its other target, tfjs's tape, is `../interpreter.ts`.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type Algebra, fold, leaves } from "../../graph/fold.ts";
import type { Node, Nodes } from "../../graph/node.ts";
import { showNode } from "../../graph/show.ts";
import type { Pair } from "../../graph/types.ts";
import {
  affine,
  hardKwta,
  inputSlope,
  isPlain,
  softKwta,
  softKwtaSlope,
  weightSlope,
} from "../kernels/simd/calls.ts";
import { winnerCount } from "../kernels/select_edges.ts";
import type { Matrix, PlanValue, Site } from "./site.ts";

/** Builds a node into a plan, given what goes into it; returns what comes out. */
export type Build = (site: Site, x: PlanValue) => PlanValue;

/** The meaning of a node to a plan: a function that builds it, or the reason for which there is none. */
export type Planned = E.Either<string, Build>;

/** A node from one tensor to one tensor. */
const known = (build: (site: Site, x: Matrix) => Matrix): Planned =>
  E.right((site, x) => build(site, x as Matrix));

const unknown = (node: Node): Planned => E.left(`the plan does not know ${showNode(node)}`);

// ---- Functions of each element

/** The numbers by which `assembly/pointwise.ts` knows the functions. */
const kinds = { relu: 0, leaky_relu: 1, clip: 2, sigmoid: 3, tanh: 4 } as const;

/** Cost of a function of each element, in multiplications per element. */
const ELEMENT_COST = 1;

/** Calls a kernel on all elements, in parts for all threads; the addresses among its arguments grow with them. */
function onElements<Name extends "activate" | "activateGradient" | "addAll" | "multiplyAll">(
  { memory: { kernels } }: Site,
  name: Name,
  args: Parameters<SimdOf<Name>>,
  addresses: readonly number[],
): void {
  const growth = Object.fromEntries(addresses.map((at) => [at, 4]));
  kernels.inParts(name, args, { rowsAt: 0, growth }, ELEMENT_COST * args[0]);
}

type Kernels = Site["memory"]["kernels"]["simd"];
type SimdOf<Name extends keyof Kernels> = Kernels[Name];

/** The matrix that a function of each element writes: its input itself where nobody reads that again. */
const over = (site: Site, x: Matrix): Matrix => x.kept ? site.matrix(x.shape, x.slope !== 0) : x;

/**
 * A function of each element.
 *
 * @param by Whether the gradient is computed from the output or from the input, which then stays as it is.
 */
const pointwise = (
  kind: keyof typeof kinds,
  { a = 0, b = 0, by = "output" }: {
    readonly a?: number;
    readonly b?: number;
    readonly by?: "output" | "input";
  } = {},
): Planned =>
  known((site, x) => {
    const { now } = site;
    const y = over(site, { ...x, kept: x.kept || by === "input" });
    site.forward(kind, () => {
      const args = [now.rows * x.size, kinds[kind], x.place.at, a, b, y.place.at] as const;
      onElements(site, "activate", [...args], [2, 5]);
    });
    if (x.slope === 0) return y;
    const seen = by === "input" ? x : y;
    site.save(seen.place, seen.size);
    site.backward(kind, () => {
      const args = [kinds[kind], y.slope, seen.place.at, a, b, x.slope] as const;
      onElements(site, "activateGradient", [now.active * x.size, ...args], [2, 3, 6]);
    });
    return { ...y, kept: y.kept || by === "output" };
  });

const add = (site: Site, size: number, a: number, b: number, y: number): void =>
  onElements(site, "addAll", [size, a, b, y], [1, 2, 3]);

const copy = ({ memory }: Site, floats: number, from: number, to: number): void =>
  memory.floats(to, floats).set(memory.floats(from, floats));

// ---- Branches

/** The same values with a gradient of their own, for one of several readers. */
const readBy = (site: Site, x: Matrix): Matrix => ({
  ...x,
  kept: true,
  slope: x.slope === 0 ? 0 : site.memory.reserve(site.most * x.size),
});

/** Two readers of one value, whose gradients are added up. */
function shared(site: Site, x: PlanValue): Pair<PlanValue, PlanValue> {
  if (isValuePair(x)) {
    const [first, second] = [shared(site, x.first), shared(site, x.second)];
    return {
      first: { first: first.first, second: second.first },
      second: { first: first.second, second: second.second },
    };
  }
  const pair = { first: readBy(site, x), second: readBy(site, x) };
  if (x.slope !== 0) {
    site.backward(
      "fanout",
      () => add(site, site.now.active * x.size, pair.first.slope, pair.second.slope, x.slope),
    );
  }
  return pair;
}

const isValuePair = (x: PlanValue): x is Pair<PlanValue, PlanValue> => "first" in x;

/** The sum of two matrices. */
function sum(site: Site, first: Matrix, second: Matrix): Matrix {
  const { now } = site;
  const learns = first.slope !== 0 || second.slope !== 0;
  const y = site.matrix(first.shape, learns);
  site.forward(
    "add",
    () => add(site, now.rows * y.size, first.place.at, second.place.at, y.place.at),
  );
  if (learns) {
    site.backward("add", () => {
      for (const { slope } of [first, second]) {
        if (slope !== 0) copy(site, now.active * y.size, y.slope, slope);
      }
    });
  }
  return y;
}

const both = (
  first: Planned,
  second: Planned,
  inputs: (site: Site, x: PlanValue) => Pair<PlanValue, PlanValue>,
): Planned =>
  E.isLeft(first) ? first : E.isLeft(second) ? second : E.right((site, x) => {
    const pair = inputs(site, x);
    return { first: first.right(site, pair.first), second: second.right(site, pair.second) };
  });

// ---- The fold

const algebra: Algebra<Planned> = {
  ...leaves(unknown),
  linear: ({ bias }, path) =>
    known((site, x) => {
      const { now, memory: { kernels } } = site;
      const w = site.weight(`${path}.weight`);
      const b = bias ? site.weight(`${path}.bias`) : null;
      const [inputs, outputs] = w.shape;
      const y = site.matrix([outputs], true);
      // Of all rows, as the tape asks: those that are active may be plainer or less plain.
      let plain = false;
      site.forward("linear", () => {
        const sizes = { rows: now.rows, inputs, outputs };
        affine(kernels, sizes, x.place.at, w.at, b?.at ?? 0, y.place.at);
        plain = isPlain(kernels, sizes, x.place.at);
      });
      site.save(x.place, inputs);
      site.backward("linear", () => {
        const sizes = { rows: now.active, inputs, outputs };
        if (b !== null) kernels.simd.columnSums(y.slope, now.active, outputs, b.slope);
        weightSlope(kernels, sizes, x.place.at, y.slope, w.slope, plain);
        if (x.slope !== 0) inputSlope(kernels, sizes, y.slope, w.at, x.slope);
      });
      return y;
    }),
  relu: () => pointwise("relu"),
  leaky_relu: (node) => node.slope > 0 ? pointwise("leaky_relu", { a: node.slope }) : unknown(node),
  clip: ({ min, max }) => pointwise("clip", { a: min, b: max, by: "input" }),
  sigmoid: () => pointwise("sigmoid"),
  tanh: () => pointwise("tanh"),
  flatten: () => known((_, x) => ({ ...x, shape: [x.size] })),
  reshape: ({ shape }) => known((_, x) => ({ ...x, shape })),
  dropout: ({ rate }) =>
    known((site, x) => {
      if (rate === 0) return x;
      const { now, memory } = site;
      const mask = { at: memory.reserve(site.most * x.size) };
      const y = over(site, x);
      site.forward("dropout", () => {
        const size = now.rows * x.size;
        const [limit, kept] = [Math.round(rate * 2 ** 32), 1 / (1 - rate)];
        [, now.rng] = site.drawn(
          now.rng,
          (state) => memory.kernels.simd.drawMask(size, limit, kept, state, mask.at),
        );
        onElements(site, "multiplyAll", [size, x.place.at, mask.at, y.place.at], [1, 2, 3]);
      });
      if (x.slope === 0) return y;
      site.save(mask, x.size);
      site.backward("dropout", () => {
        const args = [now.active * x.size, y.slope, mask.at, x.slope] as const;
        onElements(site, "multiplyAll", [...args], [1, 2, 3]);
      });
      return y;
    }),
  kwta: (node) => {
    const { sparsity, soft, over: competitors } = node;
    if (competitors !== "sample" || soft !== null && soft.gate !== "sigmoid") return unknown(node);
    return known((site, x) => {
      const { now, memory: { kernels } } = site;
      const n = x.size;
      const k = winnerCount(sparsity, n);
      const y = site.matrix(x.shape, false);
      if (soft === null) {
        site.forward(
          "kwta",
          () => hardKwta(kernels, { rows: now.rows, n, k }, x.place.at, y.place.at),
        );
        // Straight through.
        return { ...y, slope: x.slope };
      }
      const edges = { at: site.memory.reserve(2 * site.most) };
      site.forward("kwta", () => {
        const sizes = { rows: now.rows, n, k };
        softKwta(kernels, sizes, soft.hardness, x.place.at, edges.at, y.place.at);
      });
      if (x.slope === 0) return y;
      site.save(edges, 2);
      site.save(y.place, n);
      site.backward("kwta", () => {
        const sizes = { rows: now.active, n };
        softKwtaSlope(kernels, sizes, soft.hardness, x.slope, y.place.at, edges.at, x.slope);
      });
      // The gradient is changed where it stands.
      return { ...y, slope: x.slope, kept: true };
    });
  },
  add: () =>
    E.right((site, x) => {
      const { first, second } = x as Pair<Matrix, Matrix>;
      return sum(site, first, second);
    }),
  fanout: (first, second) => both(first, second, shared),
  split: (first, second) => both(first, second, (_, x) => x as Pair<PlanValue, PlanValue>),
  residual: (body) =>
    E.isLeft(body) ? body : E.right((site, x) => {
      const { first, second } = shared(site, x);
      return sum(site, first as Matrix, body.right(site, second) as Matrix);
    }),
  drop_connect: (_, node) => unknown(node),
  sequence: (parts) => {
    const bad = parts.find(E.isLeft);
    if (bad !== undefined) return bad;
    const builds = parts as readonly E.Right<Build>[];
    return E.right((site, x) => builds.reduce((at, { right }) => right(site, at), x));
  },
};

/** Finds what builds a graph into a plan, or the reason for which nothing does. */
export const planned: (graph: Nodes) => Planned = fold(algebra);
