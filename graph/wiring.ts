/**
 * A graph as boxes and the wires between them, for diagrams, and as the text of a Mermaid flowchart.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import { type Algebra, fold, leaves } from "./fold.ts";
import type { DropConnect, Leaf, Nodes } from "./node.ts";
import { type InferenceError, inferShapes, isPair } from "./shape.ts";
import { showNode } from "./show.ts";
import { leafTraitsOf } from "./traits.ts";
import type { Shape, Space } from "./types.ts";

/** A node of a graph as one box. */
export interface Box {
  /** Position of the node: "2", or "1.body.0" inside a branch; "input" and "output" for the ends. */
  readonly id: string;
  /** Label of the operation: "linear"; "+" where a residual's two ways meet. */
  readonly name: string;
  /** Arguments as `show` prints them, less those that the shapes of the wires imply; may be "". */
  readonly options: string;
}

/** A tensor on its way from a box to another. */
export interface Wire {
  /** The id of the box that it leaves. */
  readonly from: string;
  /** The id of the box that it enters. */
  readonly to: string;
  /** The shape of one sample. */
  readonly shape: Shape;
}

/** Boxes in an order in which wires go forwards. */
export interface Wiring {
  /** The input or inputs first, the output or outputs last. */
  readonly boxes: readonly Box[];
  /** The wires, in the order of the boxes that they enter. */
  readonly wires: readonly Wire[];
}

/** Loose ends of wires: one, or two for a pair. */
type Ends = { readonly from: string; readonly shape: Shape } | {
  readonly first: Ends;
  readonly second: Ends;
};

interface Drawn extends Wiring {
  readonly ends: Ends;
}

/** The boxes and wires that a node adds to a drawing, given the ends that it begins with. */
type Draw = (ends: Ends) => Drawn;

const all = (ends: Ends): readonly Extract<Ends, { from: string }>[] =>
  "from" in ends ? [ends] : [...all(ends.first), ...all(ends.second)];

const together = (ends: Ends, ...parts: readonly Wiring[]): Drawn => ({
  boxes: parts.flatMap(({ boxes }) => boxes),
  wires: parts.flatMap(({ wires }) => wires),
  ends,
});

/** A box that everything at the ends goes into. */
const into = (box: Box, ends: Ends): Wiring => ({
  boxes: [box],
  wires: all(ends).map(({ from, shape }) => ({ from, to: box.id, shape })),
});

/** The ends of a space that begins or ends a graph: "input", or "input.first" and "input.second". */
const endsOf = (id: string, space: Space): Ends =>
  isPair(space)
    ? { first: endsOf(`${id}.first`, space.first), second: endsOf(`${id}.second`, space.second) }
    : { from: id, shape: space as Shape };

/** The node's options without the size of its input, which is written at the wire. */
function boxOf(leaf: Leaf, path: string, dropped: ReadonlyMap<string, DropConnect>): Box {
  const { inferred } = leafTraitsOf(leaf);
  const text = showNode(inferred === null ? leaf : { ...leaf, [inferred]: null });
  const [, name, options = ""] = /^(\w+)(?:\((.*)\))?$/s.exec(text) ?? [text, text];
  const around = [...dropped].find(([outer]) => path.startsWith(`${outer}.`))?.[1];
  const note = around === undefined ? [] : [`drop_connect ${around.rate}`];
  return { id: path, name, options: [...(options === "" ? [] : [options]), ...note].join(", ") };
}

const algebraOf = (
  shapeAt: (path: string) => Shape,
  boxAt: (leaf: Leaf, path: string) => Box,
): Algebra<Draw> => ({
  ...leaves<Draw>((leaf, path) => (ends) =>
    together({ from: path, shape: shapeAt(path) }, into(boxAt(leaf, path), ends))
  ),
  sequence: (parts) => (ends) =>
    parts.reduce<Drawn>(
      (drawn, part) => {
        const next = part(drawn.ends);
        return together(next.ends, drawn, next);
      },
      together(ends),
    ),
  fanout: (first, second) => (ends) => {
    const [f, g] = [first(ends), second(ends)];
    return together({ first: f.ends, second: g.ends }, f, g);
  },
  split: (first, second) => (ends) => {
    // Shape inference has seen that it is a pair.
    const pair = ends as Extract<Ends, { first: Ends }>;
    const [f, g] = [first(pair.first), second(pair.second)];
    return together({ first: f.ends, second: g.ends }, f, g);
  },
  residual: (body, _, path) => (ends) => {
    const f = body(ends);
    const meeting = into({ id: path, name: "+", options: "" }, { first: ends, second: f.ends });
    return together({ from: path, shape: shapeAt(path) }, f, meeting);
  },
  drop_connect: (body) => body,
});

/** The `drop_connect` nodes of a graph by their paths: boxes inside of them say so. */
function droppedIn(graph: Nodes): ReadonlyMap<string, DropConnect> {
  type Found = readonly (readonly [string, DropConnect])[];
  const found = fold<Found>({
    ...leaves<Found>(() => []),
    sequence: (parts) => parts.flat(),
    fanout: (f, g) => [...f, ...g],
    split: (f, g) => [...f, ...g],
    residual: (body) => body,
    drop_connect: (body, node, path) => [...body, [path, node]],
  });
  return new Map(found(graph));
}

/**
 * A graph as boxes and wires. `fanout`, `split` and `residual` are no boxes but ways that part and
 * meet; a residual's ways meet in a box "+".
 *
 * @param graph Any graph.
 * @param input The shape of one sample; may be left out where the graph tells it.
 * @returns The wiring with a box for each end of the graph, or what shape inference refuses.
 *
 * @example
 * ```ts
 * import { wiringOf } from "./wiring.ts";
 * import { graph } from "./parse.ts";
 * import { orThrow } from "./error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = orThrow(wiringOf(graph`linear(784, 64) ▷ residual(relu)`));
 * assertEquals(wiring.wires, [
 *   { from: "input", to: "0", shape: [784] },
 *   { from: "0", to: "1.body.0", shape: [64] },
 *   { from: "0", to: "1", shape: [64] },
 *   { from: "1.body.0", to: "1", shape: [64] },
 *   { from: "1", to: "output", shape: [64] },
 * ]);
 * assertEquals(wiring.boxes[1], { id: "0", name: "linear", options: "64" });
 * ```
 */
export const wiringOf = (graph: Nodes, input?: Space): E.Either<InferenceError, Wiring> =>
  pipe(
    inferShapes(graph, input),
    E.map((inferred): Wiring => {
      const outputs = new Map(inferred.steps.map(({ path, output }) => [path, output]));
      const dropped = droppedIn(inferred.graph);
      const draw = fold(algebraOf(
        (path) => outputs.get(path) as Shape,
        (leaf, path) => boxOf(leaf, path, dropped),
      ));
      const from = endsOf("input", inferred.input);
      const drawn = draw(inferred.graph)(from);
      const sinks = all(endsOf("output", inferred.output));
      const terminal = (name: string) => (id: string): Box => ({ id, name, options: "" });
      return {
        boxes: [
          ...all(from).map((end) => terminal("input")(end.from)),
          ...drawn.boxes,
          ...sinks.map((end) => terminal("output")(end.from)),
        ],
        wires: [
          ...drawn.wires,
          ...all(drawn.ends).map(({ from, shape }, i) => ({ from, to: sinks[i].from, shape })),
        ],
      };
    }),
  );

/**
 * A graph as the text of a Mermaid flowchart, which GitHub and many editors draw: a box for each node, its
 * tensors' shapes at the arrows.
 *
 * @param graph Any graph.
 * @param input The shape of one sample; may be left out where the graph tells it.
 * @returns The text, or what shape inference refuses.
 *
 * @example
 * ```ts
 * import { mermaid } from "./wiring.ts";
 * import { graph } from "./parse.ts";
 * import { E } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   mermaid(graph`linear(784, 64) ▷ relu`),
 *   E.right([
 *     "flowchart LR",
 *     '  input(["input"])',
 *     '  n0["linear<br>64"]',
 *     '  n1["relu"]',
 *     '  output(["output"])',
 *     "  input -->|784| n0",
 *     "  n0 -->|64| n1",
 *     "  n1 -->|64| output",
 *     "",
 *   ].join("\n")),
 * );
 * ```
 */
export const mermaid = (graph: Nodes, input?: Space): E.Either<InferenceError, string> =>
  pipe(
    wiringOf(graph, input),
    E.map(({ boxes, wires }) =>
      [
        "flowchart LR",
        ...boxes.map(({ id, name, options }) => {
          const [open, close] = /^(in|out)put/.test(id) ? ["([", "])"] : ["[", "]"];
          const lines = [name, ...(options === "" ? [] : [options])].join("<br>");
          return `  ${named(id)}${open}"${lines}"${close}`;
        }),
        ...wires.map(({ from, to, shape }) =>
          `  ${named(from)} -->|${shape.join("×")}| ${named(to)}`
        ),
        "",
      ].join("\n")
    ),
  );

/** A path as a name of Mermaid's: letters, digits and underscores, a letter first. */
const named = (id: string): string => (/^\d/.test(id) ? `n${id}` : id).replaceAll(".", "_");
