import * as fc from "npm:fast-check@4.3.0";
import { assert, assertEquals, assertLess } from "../assert.ts";
import { graphFromJson, graphToJson, type Json } from "../../graph/codec.ts";
import { describe } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { graph } from "../../graph/parse.ts";
import { anyGraph, runs, wellShaped } from "./arbitrary.ts";

const viaText = (json: Json): unknown => JSON.parse(JSON.stringify(json));

/** The reason that a value is refused for. */
const reasonOf = (json: unknown): string => {
  const result = graphFromJson(json);
  assert(E.isLeft(result), "accepted");
  assertEquals([result.left._tag, result.left.file], ["CorruptFile", "graph JSON"]);
  return result.left.reason;
};

Deno.test("graphFromJson(JSON.parse(JSON.stringify(graphToJson(g)))) = g", () => {
  fc.assert(
    fc.property(fc.oneof(anyGraph, wellShaped.map(({ graph }) => graph)), (graph) => {
      assertEquals(graphFromJson(viaText(graphToJson(graph))), E.right(graph));
    }),
    runs(500),
  );
});

Deno.test("every argument is written by name", () => {
  assertEquals<Json>(
    graphToJson(graph`linear(64) ▷ kwta(0.05) ▷ fanout(relu, residual(identity))`),
    {
      nodes: [
        { node: "linear", inputs: null, outputs: 64, bias: true },
        { node: "kwta", sparsity: 0.05, hardness: 2, gate: "sigmoid", hard: false, over: "sample" },
        {
          node: "fanout",
          first: { nodes: [{ node: "relu" }] },
          second: { nodes: [{ node: "residual", body: { nodes: [] } }] },
        },
      ],
    },
  );
});

Deno.test("what has a default may be left out", () => {
  const json = { nodes: [{ node: "linear", outputs: 64 }, { node: "kwta", sparsity: 0.05 }] };
  assertEquals(graphFromJson(json), E.right(graph`linear(64) ▷ kwta(0.05)`));
});

Deno.test("a refusal says where, what was expected and what was there", () => {
  const cases: readonly (readonly [json: unknown, reason: string])[] = [
    [3, 'expected {"nodes": […]} and nothing else at the top, current value is 3'],
    [null, 'expected {"nodes": […]} and nothing else at the top, current value is null'],
    [undefined, 'expected {"nodes": […]} and nothing else at the top, current value is undefined'],
    [[], 'expected {"nodes": […]} and nothing else at the top, current value is an array of 0'],
    [
      { nodes: [], version: 1 },
      'expected {"nodes": […]} and nothing else at the top, ' +
      'current value is an object of "nodes", "version"',
    ],
    [
      { nodes: {} },
      'expected {"nodes": […]} and nothing else at the top, ' +
      'current value is an object of "nodes"',
    ],
    [{ nodes: ["relu"] }, 'expected a node at nodes[0], current value is "relu"'],
    [{ nodes: [[]] }, "expected a node at nodes[0], current value is an array of 0"],
    [
      { nodes: [{ node: "relu" }, { node: "softmaks" }] },
      "expected linear, conv2d, max_pool2d, avg_pool2d, global_avg_pool2d, batch_norm, dropout, " +
      "relu, leaky_relu, clip, gelu, sigmoid, tanh, softmax, log_softmax, flatten, reshape, kwta, learned_kwta, " +
      "predicted_kwta, k_winners, winner_take_all, add, concat, fanout, split, residual, drop_connect " +
      'at nodes[1].node, current value is "softmaks"',
    ],
    [
      { nodes: [{ node: "linear", outputs: 2.5 }] },
      "expected an integer of at least 1 at nodes[0].outputs, current value is 2.5",
    ],
    [
      { nodes: [{ node: "linear" }] },
      "expected an integer of at least 1 at nodes[0].outputs, current value is undefined",
    ],
    [
      { nodes: [{ node: "kwta", sparsity: "0.05" }] },
      'expected a number above 0 and at most 1 at nodes[0].sparsity, current value is "0.05"',
    ],
    [
      { nodes: [{ node: "kwta", sparsity: 0.05, k: 3 }] },
      'expected no "k" at nodes[0], current value is an object of "node", "sparsity", "k"',
    ],
    [
      { nodes: [{ node: "fanout", first: { nodes: [] } }] },
      'expected {"nodes": […]} and nothing else at nodes[0].second, current value is undefined',
    ],
    [
      { nodes: [{ node: "residual", body: { nodes: [{ node: "kwta", sparsity: 2 }] } }] },
      "expected a number above 0 and at most 1 at nodes[0].body.nodes[0].sparsity, " +
      "current value is 2",
    ],
  ];
  for (const [json, reason] of cases) assertEquals(reasonOf(json), reason);
});

Deno.test("the error names the file", () => {
  assertEquals(
    pipe(graphFromJson({ nodes: 3 }, "runs/model.json"), E.mapLeft(describe)),
    E.left(
      'Cannot use runs/model.json: expected {"nodes": […]} and nothing else at the top, ' +
        'current value is an object of "nodes"',
    ),
  );
});

Deno.test("names of Object.prototype are names like any other", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", ""]) {
    const quoted = JSON.stringify(name);
    const texts = [
      `{"nodes": [{"node": ${quoted}}]}`,
      `{"nodes": [{"node": "relu", ${quoted}: 1}]}`,
      `{"nodes": [{"node": "relu", ${quoted}: {"node": "relu"}}]}`,
      `{"nodes": [], ${quoted}: 1}`,
      `{${quoted}: {"nodes": []}}`,
      `{"nodes": [{"node": "kwta", ${quoted}: {"sparsity": 0.5}}]}`,
      `{"nodes": [{"node": "kwta", "sparsity": 0.5, "gate": ${quoted}}]}`,
    ];
    for (const text of texts) assert(reasonOf(JSON.parse(text)) !== "", text);
  }
  assertEquals(Object.hasOwn(Object.prototype, "nodes"), false);
  // An inherited argument is none.
  reasonOf({
    nodes: [Object.create({ sparsity: 0.5 }, { node: { value: "kwta", enumerable: true } })],
  });
});

Deno.test("values that JSON cannot write are refused", () => {
  const cyclic: { nodes: unknown[] } = { nodes: [] };
  cyclic.nodes.push({ node: "residual", body: cyclic });
  reasonOf(cyclic);
  reasonOf({ nodes: [cyclic.nodes] });
  for (const value of [1n, Symbol("relu"), () => 3, NaN, Infinity, new Date(0), new Map()]) {
    reasonOf(value);
    reasonOf({ nodes: [value] });
    reasonOf({ nodes: [{ node: value }] });
    reasonOf({ nodes: [{ node: "kwta", sparsity: value }] });
    reasonOf({ nodes: [{ node: "residual", body: value }] });
  }
  reasonOf({ nodes: new Array(3) });
});

const nested = (depth: number): Json => {
  let json: Json = { nodes: [] };
  for (let i = 0; i < depth; i++) json = { nodes: [{ node: "residual", body: json }] };
  return json;
};

Deno.test("branches nest 64 deep; deeper is refused, however deep", () => {
  assertEquals(
    viaText(graphToJson(E.getOrElseW(() => graph`relu`)(graphFromJson(nested(64))))),
    nested(64),
  );
  assertEquals(reasonOf(nested(65)), "expected at most 64 branches in each other");
  const abyss = nested(100_000);
  assertEquals(reasonOf(abyss), "expected at most 64 branches in each other");
  // The offending value itself is deep, and shown all the same.
  for (const json of [[abyss], { nodes: [[abyss]] }, { nodes: [{ node: abyss }] }]) reasonOf(json);
  let list: Json = [];
  for (let i = 0; i < 100_000; i++) list = [list];
  reasonOf({ nodes: list });
  reasonOf({ nodes: [{ node: "linear", outputs: list }] });
});

Deno.test("arguments that 0.2 added are written where they are used, and read where they are not", () => {
  const plain = { node: "max_pool2d", size: 3, stride: null };
  assertEquals(graphToJson(graph`max_pool2d(3)`), { nodes: [plain] });
  assertEquals(graphToJson(graph`max_pool2d(3, padding=1)`), { nodes: [{ ...plain, padding: 1 }] });
  assertEquals(graphFromJson({ nodes: [plain] }), E.right(graph`max_pool2d(3, padding=0)`));
  const grouped = graph`conv2d(4, 3, groups=2)`;
  assertEquals(graphFromJson(graphToJson(grouped)), E.right(grouped));
});

Deno.test("a long text in the wrong place is cut short", () => {
  // The names of all nodes take 290 characters of it.
  assertLess(reasonOf({ nodes: [{ node: "x".repeat(1e6) }] }).length, 390);
  assertLess(reasonOf({ nodes: [{ node: "relu", ["x".repeat(1e6)]: 1 }] }).length, 250);
});

type Change = readonly [how: string, at: number, value: unknown];

/** A copy with one value, chosen by number among all, changed. */
function changed(json: unknown, [how, at, value]: Change): unknown {
  const copy = structuredClone(json);
  const places: [Record<string, unknown>, string][] = [];
  const collect = (parent: unknown) => {
    if (typeof parent !== "object" || parent === null) return;
    for (const key of Object.keys(parent)) {
      places.push([parent as Record<string, unknown>, key]);
      collect((parent as Record<string, unknown>)[key]);
    }
  };
  collect(copy);
  if (places.length === 0) return value;
  const [parent, key] = places[at % places.length];
  if (how === "delete") delete parent[key];
  else if (how === "replace") parent[key] = value;
  else {
    const name = how === "add" ? "extra" : "__proto__";
    Object.defineProperty(parent, name, { value, enumerable: true, writable: true });
  }
  return copy;
}

Deno.test("a damaged value is refused or is a graph, and nothing is thrown", () => {
  const change = fc.tuple(
    fc.constantFrom("delete", "replace", "add", "proto"),
    fc.nat(),
    fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(0, -1, 0.5, "relu", null, true, "sigmoid")),
  );
  let refused = 0;
  fc.assert(
    fc.property(anyGraph, fc.array(change, { minLength: 1, maxLength: 3 }), (graph, changes) => {
      const json = changes.reduce(changed, viaText(graphToJson(graph)));
      const result = graphFromJson(json);
      if (E.isLeft(result)) {
        refused++;
        assertEquals(result.left._tag, "CorruptFile");
        assert(result.left.reason !== "");
      } else {
        // Whatever is accepted is whole.
        assertEquals(graphFromJson(viaText(graphToJson(result.right))), result);
      }
    }),
    runs(1000),
  );
  assert(refused > 500, `${refused} of 1000 were refused`);
  fc.assert(fc.property(fc.anything(), (value) => void graphFromJson(value)), runs(500));
});
