/**
 * A graph as text that `graph` parses: a round trip.
 *
 * @module
 */
import type { Node, Nodes } from "./node.ts";
import { type Argument, nameOfNode, type Parameter, signatureOf } from "./signature.ts";

/**
 * Writes a graph as one line of text, which `graph` parses.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { show } from "./show.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(graph`relu |> kwta(5e-2, hardness = 2)`), "relu ▷ kwta(0.05)");
 * ```
 */
export const show = ({ nodes }: Nodes): string =>
  nodes.length === 0 ? "identity" : nodes.map(showNode).join(" ▷ ");

/**
 * A node as text: `kwta(0.05, hardness=4)`. Arguments that have their default are left out.
 *
 * @example
 * ```ts
 * import { showNode } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   showNode({ _tag: "linear", inputs: 784, outputs: 64, bias: false }),
 *   "linear(784, 64, bias=false)",
 * );
 * ```
 */
export function showNode(node: Node): string {
  const { parameters, positional, read } = signatureOf(node);
  const values = read(node);
  const given = parameters.filter(({ name, fallback }) => values[name] !== fallback);
  const byPosition =
    positional.findLast((names) =>
      names.every((name) => given.some((parameter) => parameter.name === name))
    ) ?? [];
  const shown = [
    ...byPosition.map((name) => showArgument(values[name])),
    ...given.filter(({ name }) => !byPosition.includes(name))
      .map((parameter) => showKeyword(parameter, values[parameter.name])),
  ];
  const name = nameOfNode(node);
  return shown.length === 0 ? name : `${name}(${shown.join(", ")})`;
}

const showKeyword = ({ name, kind }: Parameter, value: Argument): string =>
  kind === "flag" && value === true ? name : `${name}=${showArgument(value)}`;

const showArgument = (value: Argument): string =>
  Array.isArray(value)
    ? `[${value.join(", ")}]`
    : typeof value === "object" && value !== null
    ? show(value as Nodes)
    : String(value);
