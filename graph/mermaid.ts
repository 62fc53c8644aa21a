/**
 * A graph as a Mermaid flowchart, which GitHub and many editors draw.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import type { Nodes } from "./node.ts";
import type { InferenceError } from "./shape.ts";
import type { Space } from "./types.ts";
import { wiringOf } from "./wiring.ts";

/**
 * A graph as the text of a Mermaid flowchart: a box for each node, its tensors' shapes at the arrows.
 *
 * @param graph Any graph.
 * @param input The shape of one sample; may be left out where the graph tells it.
 * @returns The text, or what shape inference refuses.
 *
 * @example
 * ```ts
 * import { mermaid } from "./mermaid.ts";
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
