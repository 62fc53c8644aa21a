/**
 * The layout of a model's diagram: long rows of boxes are stacked, the diagram is cut where a line may be broken,
 * and boxes and wires get their places.
 *
 * @module
 */
import dagre from "npm:@dagrejs/dagre@3.1.3";
import type { Box, Wire, Wiring } from "../../graph/wiring.ts";

/** Boxes one below the other, drawn as one. */
export interface Stack {
  /** Id of its first box. */
  readonly id: string;
  /** Boxes, in the order in which a tensor goes through them; none where a wire parts. */
  readonly boxes: readonly Box[];
}

/** A diagram before it is laid out. */
export interface Stacked {
  /** Stacks, in an order in which wires go forwards. */
  readonly stacks: readonly Stack[];
  /** Wires between stacks, by the ids of these. */
  readonly wires: readonly Wire[];
}

/** Makes a stack of every box. */
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
 * import { stacked } from "./diagram.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { wiringOf } from "../../graph/wiring.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = orThrow(wiringOf(graph`linear(784, 64) ▷ relu ▷ linear(10)`));
 * const { stacks, wires } = stacked(wiring);
 * assertEquals(stacks.map(({ boxes }) => boxes.length), [1, 2, 1, 1]);
 * assertEquals(wires[1], { from: "0", to: "2", shape: [64] });
 * ```
 */
export function stacked(wiring: Wiring): Stacked {
  const { boxes, wires } = wiring;
  const entering = Map.groupBy(wires, ({ to }) => to);
  const leaving = Map.groupBy(wires, ({ from }) => from);
  /** Id of the stack of each box, by the box's id. */
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

/** Whether a stack is only a point at which a wire parts. */
export const isFork = ({ boxes }: Stack): boolean => boxes.length === 0;

/**
 * Gives every wire that parts a point at which it does, so that a single wire leaves each stack.
 *
 * @example
 * ```ts
 * import { forked, isFork, single } from "./diagram.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { wiringOf } from "../../graph/wiring.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = orThrow(wiringOf(graph`linear(8, 8) ▷ residual(relu)`));
 * assertEquals(forked(single(wiring)).stacks.filter(isFork).length, 1);
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

// ---- Segments

/** A part of a diagram that hangs together by more than one wire, or a single stack. */
export interface Segment extends Stacked {
  /** Wire from the last stack of the segment before to the first of this; null for the first segment. */
  readonly entry: Wire | null;
}

/**
 * Cuts a diagram wherever one wire, and no other, goes on: there a line may be broken.
 *
 * @example
 * ```ts
 * import { segmentsOf, single } from "./diagram.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { wiringOf } from "../../graph/wiring.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const wiring = orThrow(wiringOf(graph`linear(8, 8) ▷ residual(linear(8)) ▷ relu`));
 * const segments = segmentsOf(single(wiring));
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

// ---- Places

/** A point, in pixels of CSS as all lengths here; y grows downwards. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A stack with its box, whose middle is at x and y. */
export interface Placed extends Spot {
  readonly stack: Stack;
  readonly width: number;
  readonly height: number;
}

/** A wire with the points that it passes. */
export interface Routed {
  readonly wire: Wire;
  /** Points, at least two, from the edge of a box to the edge of another. */
  readonly points: readonly Spot[];
  /** Middle of the text that names the shape. */
  readonly label: Spot;
}

/** A diagram that can be drawn, from 0 to its width and height. */
export interface Layout {
  readonly placed: readonly Placed[];
  readonly routed: readonly Routed[];
  readonly width: number;
  readonly height: number;
}

/** The sizes of a diagram's parts. */
export interface Measures {
  /** Returns the size of a stack's box. */
  readonly sizeOf: (stack: Stack) => { readonly width: number; readonly height: number };
  /** Returns the width of the text at a wire. */
  readonly labelWidth: (wire: Wire) => number;
  /** Height of the text at a wire. */
  readonly labelHeight: number;
}

/** Space between a label and the boxes before and after it. */
const SPACE = 11;

/** Space between rows, for the wire that goes back. */
const ROW_GAP = 34;

/** Space at both sides of rows, for the same wire. */
const SIDE = 14;

/** Lays out a diagram downwards, as wide as it gets: for a phone. */
export const downwards = (diagram: Stacked, measures: Measures): Layout =>
  ranked(diagram, measures, "TB");

/** Lays a segment out by dagre. */
function ranked(
  { stacks, wires }: Stacked,
  { sizeOf, labelWidth, labelHeight }: Measures,
  rankdir: "LR" | "TB",
): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir, nodesep: 18, edgesep: 14, ranksep: SPACE });
  for (const stack of stacks) graph.setNode(stack.id, { ...sizeOf(stack) });
  wires.forEach((wire, i) => {
    const size = { width: labelWidth(wire), height: 2 * labelHeight, labelpos: "c" };
    graph.setEdge(wire.from, wire.to, size, String(i));
  });
  dagre.layout(graph);
  const placed = stacks.map((stack): Placed => {
    const { x, y } = graph.node(stack.id) as Spot;
    return { stack, x, y, ...sizeOf(stack) };
  });
  const routed = wires.map((wire, i): Routed => {
    const way = graph.edge(wire.from, wire.to, String(i)) as Partial<Spot> & {
      readonly points: readonly Spot[];
    };
    const points = way.points.map(({ x, y }) => ({ x, y }));
    // Without a label dagre keeps no place for one.
    const { x, y } = points[Math.floor(points.length / 2)];
    return { wire, points, label: { x: way.x ?? x, y: way.y ?? y } };
  });
  return normalised(placed, routed);
}

/** Moved so that everything begins at 0. */
function normalised(placed: readonly Placed[], routed: readonly Routed[]): Layout {
  const ways = routed.flatMap(({ points }) => points);
  const [xs, ys] = [
    [
      ...placed.flatMap(({ x, width }) => [x - width / 2, x + width / 2]),
      ...ways.map(({ x }) => x),
    ],
    [
      ...placed.flatMap(({ y, height }) => [y - height / 2, y + height / 2]),
      ...ways.map(({ y }) => y),
    ],
  ];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    ...moved({ placed, routed, width: 0, height: 0 }, -left, -top),
    width: Math.max(...xs) - left,
    height: Math.max(...ys) - top,
  };
}

const moved = (layout: Layout, dx: number, dy: number): Layout => {
  const at = <S extends Spot>(spot: S): S => ({ ...spot, x: spot.x + dx, y: spot.y + dy });
  return {
    ...layout,
    placed: layout.placed.map(at),
    routed: layout.routed.map(({ wire, points, label }) => ({
      wire,
      points: points.map(at),
      label: at(label),
    })),
  };
};

interface Piece {
  readonly entry: Wire | null;
  readonly layout: Layout;
  /** Placed stack that the entry leads to; `last` is the one that the next entry comes from. */
  readonly first: Placed;
  readonly last: Placed;
}

const joined = (placed: readonly Placed[], routed: readonly Routed[]): Layout => ({
  placed,
  routed,
  width: 0,
  height: 0,
});

/**
 * Lays out a diagram from left to right, in rows no wider than is said; a part that cannot be broken may
 * be wider.
 */
export function inRows(diagram: Stacked, measures: Measures, width: number): Layout {
  const pieces = segmentsOf(forked(diagram)).map((segment): Piece => pieceOf(segment, measures));
  const gapOf = ({ entry }: Piece): number =>
    entry === null ? 0 : measures.labelWidth(entry) + 2 * SPACE;
  const rows = pieces.reduce<readonly (readonly Piece[])[]>((rows, piece) => {
    const row = rows.at(-1);
    const taken = row?.reduce(
      (sum, piece, i) => sum + piece.layout.width + (i === 0 ? 0 : gapOf(piece)),
      0,
    ) ?? Infinity;
    return taken + gapOf(piece) + piece.layout.width <= width - 2 * SIDE
      ? [...rows.slice(0, -1), [...(row ?? []), piece]]
      : [...rows, [piece]];
  }, []);
  const right = Math.max(...rows.map((row) => rowWidth(row, gapOf))) + 2 * SIDE;

  let whole = joined([], []);
  let before: Placed | null = null;
  let bottom = -ROW_GAP;
  for (const row of rows) {
    const made = rowOf(row, gapOf);
    const top = bottom + ROW_GAP;
    const here = moved(made, SIDE, top);
    const first = here.placed.find(({ stack }) => stack.id === row[0].first.stack.id)!;
    const back = before === null || row[0].entry === null
      ? []
      : [wayBack(row[0].entry, before, first, right, top - ROW_GAP / 2)];
    whole = joined([...whole.placed, ...here.placed], [...whole.routed, ...back, ...here.routed]);
    before = here.placed.find(({ stack }) => stack.id === row.at(-1)?.last.stack.id)!;
    bottom = top + made.height;
  }
  return rows.length === 1 ? normalised(whole.placed, whole.routed) : {
    ...whole,
    width: right,
    height: bottom,
  };
}

const rowWidth = (row: readonly Piece[], gapOf: (piece: Piece) => number): number =>
  row.reduce((sum, piece, i) => sum + piece.layout.width + (i === 0 ? 0 : gapOf(piece)), 0);

function pieceOf(segment: Segment, measures: Measures): Piece {
  const layout = ranked(segment, measures, "LR");
  const { placed } = layout;
  return { entry: segment.entry, layout, first: placed[0], last: placed[placed.length - 1] };
}

/** Pieces side by side, so that the wire between two goes straight. */
function rowOf(row: readonly Piece[], gapOf: (piece: Piece) => number): Layout {
  let whole = joined([], []);
  let x = 0;
  let y = 0;
  let before: Placed | null = null;
  for (const piece of row) {
    const { entry, layout, first, last } = piece;
    if (before !== null) x += gapOf(piece);
    const here = moved(layout, x, y - first.y);
    const at = here.placed.find(({ stack }) => stack.id === first.stack.id)!;
    const straight: readonly Routed[] = before === null || entry === null ? [] : [{
      wire: entry,
      points: [{ x: before.x + before.width / 2, y }, { x: at.x - at.width / 2, y }],
      label: { x: (before.x + before.width / 2 + at.x - at.width / 2) / 2, y },
    }];
    whole = joined([...whole.placed, ...here.placed], [
      ...whole.routed,
      ...straight,
      ...here.routed,
    ]);
    before = here.placed.find(({ stack }) => stack.id === last.stack.id)!;
    x += layout.width;
    y = before.y;
  }
  return normalised(whole.placed, whole.routed);
}

/** Routes a wire from the end of a row around to the beginning of the next. */
const wayBack = (wire: Wire, from: Placed, to: Placed, right: number, between: number): Routed => ({
  wire,
  points: [
    { x: from.x + from.width / 2, y: from.y },
    { x: right, y: from.y },
    { x: right, y: between },
    { x: 0, y: between },
    { x: 0, y: to.y },
    { x: to.x - to.width / 2, y: to.y },
  ],
  label: { x: right / 2, y: between },
});
