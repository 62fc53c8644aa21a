/**
 * Graphs as JSON, and back. The reader is strict: an unknown, missing or out-of-range argument is an error.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import type { CorruptFile } from "./error.ts";
import { kindInWords } from "./custom_node.ts";
import type { Graph, Node, Nodes } from "./node.ts";
import {
  allows,
  type Argument,
  nameOfNode,
  nodeNames,
  signatureNamed,
  signatureOf,
} from "./signature.ts";

/** A JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Branches may stand in branches this deep. */
const DEEPEST = 64;

/** Most nodes that may follow each other. More than fit into the longest text that is parsed. */
const LONGEST = 20_000;

/**
 * Writes a graph as a JSON value: `{ "nodes": [{ "node": "relu" }, …] }`, every argument by name; those that were added
 * after version 0.1 only where they are not the default.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { graphFromJson, graphToJson } from "./codec.ts";
 * import { graph } from "./parse.ts";
 * import { E } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 64) ▷ kwta(0.05)`;
 * assertEquals(graphFromJson(JSON.parse(JSON.stringify(graphToJson(encoder)))), E.right(encoder));
 * ```
 */
export const graphToJson = ({ nodes }: Nodes): Json => ({ nodes: nodes.map(nodeToJson) });

function nodeToJson(node: Node): Json {
  const { parameters, read } = signatureOf(node);
  const later = new Map(
    parameters.flatMap(({ name, later, fallback }) => later ? [[name, fallback]] : []),
  );
  return {
    node: nameOfNode(node),
    ...Object.fromEntries(
      Object.entries(read(node))
        .filter(([name, value]) => !later.has(name) || later.get(name) !== value)
        .map(([name, value]) => [name, isGraph(value) ? graphToJson(value) : value]),
    ),
  };
}

const isGraph = (value: Argument): value is Nodes =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads a graph from a JSON value.
 *
 * @param json Value that {@linkcode graphToJson} made, or anything else.
 * @param file Name of the source in errors. @default "graph JSON"
 * @returns The graph, or a `CorruptFile` that says where and what was expected.
 *
 * @example
 * ```ts
 * import { graphFromJson } from "./codec.ts";
 * import { describe } from "./error.ts";
 * import { E, pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   pipe(graphFromJson({ nodes: [{ node: "kwta", sparsity: 5 }] }), E.mapLeft(describe)),
 *   E.left(
 *     "Cannot use graph JSON: expected a number above 0 and at most 1 " +
 *     "at nodes[0].sparsity, current value is 5",
 *   ),
 * );
 * ```
 */
export const graphFromJson = (json: unknown, file = "graph JSON"): E.Either<CorruptFile, Graph> =>
  pipe(
    readGraph(json, "", 0),
    E.mapLeft((reason): CorruptFile => ({ _tag: "CorruptFile", file, reason })),
  );

type Read<A> = E.Either<string, A>;

const wrong = <A>(place: string, expected: string, actual: unknown): Read<A> =>
  E.left(
    `expected ${expected} at ${place || "the top"}, current value is ${excerpt(actual)}`,
  );

/** A value in a few words, be it as deep or as long as it may. */
const excerpt = (value: unknown): string =>
  Array.isArray(value)
    ? `an array of ${value.length}`
    : isRecord(value)
    ? `an object of ${Object.keys(value).slice(0, 5).map(quote).join(", ") || "nothing"}`
    : typeof value === "string"
    ? quote(value)
    : String(value).slice(0, 80);

const quote = (text: string): string =>
  JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readGraph(json: unknown, place: string, depth: number): Read<Graph> {
  if (depth > DEEPEST) return E.left(`expected at most ${DEEPEST} branches in each other`);
  if (!isRecord(json) || !Array.isArray(json.nodes) || Object.keys(json).length !== 1) {
    return wrong(place, `{"nodes": […]} and nothing else`, json);
  }
  if (json.nodes.length > LONGEST) {
    return wrong(`${place && `${place}.`}nodes`, `at most ${LONGEST} nodes`, json.nodes);
  }
  return pipe(
    json.nodes as readonly unknown[],
    E.traverseArrayWithIndex((i, node: unknown) =>
      readNode(node, `${place && `${place}.`}nodes[${i}]`, depth)
    ),
    E.map((nodes): Graph => ({ nodes })),
  );
}

function readNode(json: unknown, place: string, depth: number): Read<Node> {
  if (!isRecord(json)) return wrong(place, "a node", json);
  const signature = typeof json.node === "string" ? signatureNamed(json.node) : undefined;
  if (signature === undefined) {
    return wrong(`${place}.node`, nodeNames().join(", "), json.node);
  }
  const { parameters, build } = signature;
  const extra = Object.keys(json).find((key) =>
    key !== "node" && !parameters.some((parameter) => parameter.name === key)
  );
  if (extra !== undefined) return wrong(place, `no ${quote(extra)}`, json);
  return pipe(
    parameters,
    E.traverseArray((parameter): Read<readonly [string, Argument]> => {
      const at = `${place}.${parameter.name}`;
      const value = Object.hasOwn(json, parameter.name) ? json[parameter.name] : parameter.fallback;
      if (parameter.kind === "graph") {
        return pipe(
          readGraph(value, at, depth + 1),
          E.map((graph) => [parameter.name, graph] as const),
        );
      }
      return allows(parameter, value)
        ? E.right([parameter.name, (Array.isArray(value) ? [...value] : value) as Argument])
        : wrong(at, kindInWords[parameter.kind], value);
    }),
    E.map((entries) => build(Object.fromEntries(entries))),
  );
}
