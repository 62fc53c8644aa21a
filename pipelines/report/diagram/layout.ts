/**
 * Where the boxes and wires of a diagram go.
 *
 * @module
 */
import dagre from "npm:@dagrejs/dagre@3.1.3";
import type { Wire } from "../../../graph/wiring.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { forked, type Stack, type Stacked } from "./stack.ts";

/** A place, in pixels of CSS as all lengths here; y grows downwards. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A stack and its box. */
export interface Placed extends Spot {
  readonly stack: Stack;
  /** Of the middle are x and y. */
  readonly width: number;
  readonly height: number;
}

/** A wire and its way. */
export interface Routed {
  readonly wire: Wire;
  /** At least two, from the edge of a box to the edge of another. */
  readonly points: readonly Spot[];
  /** Where the shape is written: the middle of its text. */
  readonly label: Spot;
}

/** A diagram that can be drawn, from 0 to its width and height. */
export interface Layout {
  readonly placed: readonly Placed[];
  readonly routed: readonly Routed[];
  readonly width: number;
  readonly height: number;
}

/** How large things are. */
export interface Measures {
  /** Of a stack's box. */
  readonly sizeOf: (stack: Stack) => { readonly width: number; readonly height: number };
  /** Of the text at a wire. */
  readonly labelWidth: (wire: Wire) => number;
  /** Of the same. */
  readonly labelHeight: number;
}

/** Between a label and the boxes before and after it. */
const SPACE = 11;

/** Between rows, for the wire that goes back. */
const ROW_GAP = 34;

/** At both sides of rows, for the same wire. */
const SIDE = 14;

/** Lays out a diagram downwards, as wide as it gets: for a phone. */
export const downwards = (diagram: Stacked, measures: Measures): Layout =>
  ranked(diagram, measures, "TB");

/** What dagre makes of it. */
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
  /** Of the stack that the entry goes to, and of the one that the next entry comes from. */
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

/** From the end of a row around to the beginning of the next. */
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
