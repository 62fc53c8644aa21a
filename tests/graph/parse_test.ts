import * as fc from "npm:fast-check@4.3.0";
import { assert, assertEquals, assertLess, assertStringIncludes, assertThrows } from "../assert.ts";
import { kwta, linear, relu } from "../../graph/constructors.ts";
import { sequence } from "../../graph/compose.ts";
import { describe, type ParseError } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Graph } from "../../graph/node.ts";
import { graph, parse } from "../../graph/parse.ts";
import { show } from "../../graph/show.ts";
import { anyGraph, runs } from "./arbitrary.ts";

const parsed = (text: string): Graph =>
  pipe(
    parse(text),
    E.getOrElse((error): Graph => {
      throw new Error(describe(error));
    }),
  );

const errorOf = (text: string): ParseError => {
  const result = parse(text);
  assert(E.isLeft(result), `${JSON.stringify(text.slice(0, 80))} parses`);
  return result.left;
};

const aNode = "a node (linear, conv2d, max_pool2d, avg_pool2d, global_avg_pool2d, batch_norm, " +
  "dropout, relu, leaky_relu, clip, gelu, sigmoid, tanh, softmax, log_softmax, flatten, reshape, kwta, learned_kwta, " +
  "predicted_kwta, k_winners, winner_take_all, add, concat, fanout, split, residual, drop_connect, identity)";

Deno.test("every node is written as the grammar says", () => {
  assertEquals(
    parsed("linear(784, 64) ▷ linear(10) ▷ linear(inputs=3, outputs=4, bias=false)").nodes,
    [
      { _tag: "linear", inputs: 784, outputs: 64, bias: true },
      { _tag: "linear", inputs: null, outputs: 10, bias: true },
      { _tag: "linear", inputs: 3, outputs: 4, bias: false },
    ],
  );
  assertEquals(
    parsed("relu ▷ sigmoid ▷ tanh ▷ flatten ▷ add ▷ concat").nodes.map(({ _tag }) => _tag),
    ["relu", "sigmoid", "tanh", "flatten", "add", "concat"],
  );
  assertEquals(
    parsed("kwta(0.05) ▷ kwta(1, hardness=4, gate=hard_sigmoid) ▷ kwta(0.1, hard)").nodes,
    [
      { _tag: "kwta", sparsity: 0.05, soft: { hardness: 2, gate: "sigmoid" }, over: "sample" },
      { _tag: "kwta", sparsity: 1, soft: { hardness: 4, gate: "hard_sigmoid" }, over: "sample" },
      { _tag: "kwta", sparsity: 0.1, soft: null, over: "sample" },
    ],
  );
  assertEquals(
    parsed("fanout(relu, identity) ▷ split(relu ▷ tanh, add) ▷ residual(linear(3))").nodes,
    [
      { _tag: "fanout", first: { nodes: [{ _tag: "relu" }] }, second: { nodes: [] } },
      {
        _tag: "split",
        first: { nodes: [{ _tag: "relu" }, { _tag: "tanh" }] },
        second: { nodes: [{ _tag: "add" }] },
      },
      {
        _tag: "residual",
        body: { nodes: [{ _tag: "linear", inputs: null, outputs: 3, bias: true }] },
      },
    ],
  );
});

Deno.test("several ways to write one thing", () => {
  const same: readonly (readonly string[])[] = [
    [
      "relu ▷ tanh",
      "relu|>tanh",
      " relu\n\t▷\r\n tanh ",
      "relu() ▷ tanh( )",
      "relu\u00a0▷\u2028tanh",
    ],
    ["identity", "identity()", "identity ▷ identity"],
    ["relu", "identity ▷ relu ▷ identity"],
    [
      "linear(784, 64)",
      "linear ( 784 , 64 )",
      "linear(inputs=784, outputs=64)",
      "linear(outputs=64, inputs = 784)",
      "linear(64, inputs=784)",
      "linear(784, outputs=64)",
      "linear(7.84e2, +64.0)",
      "linear(784, 64, bias)",
      "linear(784, 64, bias=true)",
    ],
    [
      "kwta(0.05, hard)",
      "kwta(.05, hard=true)",
      "kwta(hard, sparsity=5e-2)",
      "kwta(5E-2, hard)",
    ],
    ["kwta(0.05)", "kwta(0.05, hard=false, hardness=2, gate=sigmoid)"],
    ["fanout(relu, tanh)", "fanout(first=relu, second=tanh)", "fanout(relu, second=tanh)"],
    ["residual(relu)", "residual(body=relu)", "residual(relu ▷ identity)"],
  ];
  for (const [first, ...others] of same) {
    for (const other of others) assertEquals(parsed(other), parsed(first), other);
  }
});

Deno.test("an error says what was expected and shows where", () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    [
      "linear(784, 64) ▷ softmaks ▷ relu",
      `${aNode} at line 1, column 19
  linear(784, 64) ▷ softmaks ▷ relu
                    ^`,
    ],
    [
      "",
      `${aNode} at line 1, column 1
  
  ^`,
    ],
    [
      "relu ▷",
      `${aNode} at line 1, column 7
  relu ▷
        ^`,
    ],
    [
      "▷ relu",
      `${aNode} at line 1, column 1
  ▷ relu
  ^`,
    ],
    [
      "Linear(3)",
      `${aNode} at line 1, column 1
  Linear(3)
  ^`,
    ],
    [
      "residual(3)",
      `${aNode} at line 1, column 10
  residual(3)
           ^`,
    ],
    [
      "relu ▷ $",
      `${aNode} at line 1, column 8
  relu ▷ $
         ^`,
    ],
    [
      "${0}",
      `${aNode} at line 1, column 1
  \${0}
  ^`,
    ],
    [
      "linear(784, 64) -> relu",
      `▷, |> or the end at line 1, column 17
  linear(784, 64) -> relu
                  ^`,
    ],
    [
      "linear(784, 64) relu",
      `▷, |> or the end at line 1, column 17
  linear(784, 64) relu
                  ^`,
    ],
    [
      "relu ▶ tanh",
      `▷, |> or the end at line 1, column 6
  relu ▶ tanh
       ^`,
    ],
    [
      "residual(relu relu)",
      `▷, |>, "," or ")" at line 1, column 15
  residual(relu relu)
                ^`,
    ],
    [
      "kwta",
      `"(" at line 1, column 5
  kwta
      ^`,
    ],
    [
      "kwta()",
      `sparsity, a number above 0 and at most 1 at line 1, column 6
  kwta()
       ^`,
    ],
    [
      "kwta(5)",
      `sparsity, a number above 0 and at most 1 at line 1, column 6
  kwta(5)
       ^`,
    ],
    [
      "kwta(5%)",
      `"," or ")" at line 1, column 7
  kwta(5%)
        ^`,
    ],
    [
      "kwta(0.05, 4)",
      `")", hardness=…, gate=…, hard=… or over=… at line 1, column 12
  kwta(0.05, 4)
             ^`,
    ],
    [
      "kwta(0.05, hardnes=4)",
      `an argument of kwta (sparsity, hardness, gate, hard, over) at line 1, column 12
  kwta(0.05, hardnes=4)
             ^`,
    ],
    [
      "kwta(0.05, hardness)",
      `"=" at line 1, column 20
  kwta(0.05, hardness)
                     ^`,
    ],
    [
      "kwta(0.05, hardness=)",
      `hardness, a number above 0 at line 1, column 21
  kwta(0.05, hardness=)
                      ^`,
    ],
    [
      "kwta(0.05, hardness=-1)",
      `hardness, a number above 0 at line 1, column 21
  kwta(0.05, hardness=-1)
                      ^`,
    ],
    [
      "kwta(0.05, hardness=1e400)",
      `hardness, a number above 0 at line 1, column 21
  kwta(0.05, hardness=1e400)
                      ^`,
    ],
    [
      "kwta(0.05, hardness=4, hardness=5)",
      `hardness only once at line 1, column 24
  kwta(0.05, hardness=4, hardness=5)
                         ^`,
    ],
    [
      "kwta(0.05, gate=tanh)",
      `gate, sigmoid or hard_sigmoid at line 1, column 17
  kwta(0.05, gate=tanh)
                  ^`,
    ],
    [
      "kwta(0.05, hard=yes)",
      `hard, true or false at line 1, column 17
  kwta(0.05, hard=yes)
                  ^`,
    ],
    [
      "kwta(1.2.3)",
      `a number at line 1, column 6
  kwta(1.2.3)
       ^`,
    ],
    [
      "linear(",
      `an argument of linear (inputs, outputs, bias) at line 1, column 8
  linear(
         ^`,
    ],
    [
      "linear(784,)",
      `an argument of linear (inputs, outputs, bias) at line 1, column 12
  linear(784,)
             ^`,
    ],
    [
      "linear(784, 64",
      `"," or ")" at line 1, column 15
  linear(784, 64
                ^`,
    ],
    [
      "linear(784 64)",
      `"," or ")" at line 1, column 12
  linear(784 64)
             ^`,
    ],
    [
      "linear(784, 64, 3)",
      `")" or bias=… at line 1, column 17
  linear(784, 64, 3)
                  ^`,
    ],
    [
      "linear(2.5)",
      `outputs, an integer of at least 1 at line 1, column 8
  linear(2.5)
         ^`,
    ],
    [
      "linear(0, 3)",
      `inputs, an integer of at least 1 at line 1, column 8
  linear(0, 3)
         ^`,
    ],
    [
      "linear(inputs=784)",
      `outputs, an integer of at least 1 at line 1, column 18
  linear(inputs=784)
                   ^`,
    ],
    [
      "relu(3)",
      `")" (relu takes no arguments) at line 1, column 6
  relu(3)
       ^`,
    ],
    [
      "identity(relu)",
      `")" (identity takes no arguments) at line 1, column 10
  identity(relu)
           ^`,
    ],
    [
      "fanout(relu)",
      `second, a graph at line 1, column 12
  fanout(relu)
             ^`,
    ],
    [
      "residual(relu, tanh)",
      `")" (there is one argument too many) at line 1, column 16
  residual(relu, tanh)
                 ^`,
    ],
  ];
  for (const [text, message] of cases) {
    assertEquals(describe(errorOf(text)), `Cannot parse the graph: expected ${message}`);
  }
});

Deno.test("the place counts lines and shows the right one, whatever ends them", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const error = errorOf(["linear(784,", "  64)", "▷ relu", "▷ kwta(2)", "▷ tanh"].join(end));
    assertEquals([error.line, error.column], [4, 8]);
    assertEquals(error.frame, "  ▷ kwta(2)\n         ^");
  }
  assertEquals(errorOf("relu\n▷\n").line, 3);
  assertEquals(errorOf("\n\n  relu relu").column, 8);
});

Deno.test("the caret stays in sight in a long line, and nothing moves it", () => {
  const long = errorOf("relu ▷ ".repeat(50) + "rely ▷ relu");
  const [window, caret] = long.frame.split("\n");
  assertEquals(long.column, 351);
  assertEquals(window.slice(caret.indexOf("^")), "rely ▷ relu");
  assertLess(window.length, 90);
  assertEquals(errorOf("\trelu\t▷\x1b[31m").frame, "   relu ▷ [31m\n         ^");
});

Deno.test("`expected` lists each expectation once", () => {
  assertEquals(errorOf("residual(relu").expected, ["▷", "|>", '","', '")"']);
  assertEquals(errorOf("relu relu").expected, ["▷", "|>", "the end"]);
  assertEquals(errorOf("relu ▷ ").expected, [aNode]);
});

Deno.test("the template splices graphs and numbers", () => {
  const trunk = graph`linear(784, 64) ▷ relu`;
  const [units, sparsity] = [512, 0.05];
  assertEquals(
    graph`${trunk}
      ▷ linear(64, ${units}) |> kwta(${sparsity}, hardness=${1e-7})`,
    sequence(linear(784, 64), relu, linear(64, 512), kwta(0.05, { hardness: 1e-7 })),
  );
  assertEquals(
    show(graph`fanout(${trunk}, residual(${relu} ▷ ${graph`identity`})) ▷ ${trunk}`),
    "fanout(linear(784, 64) ▷ relu, residual(relu)) ▷ linear(784, 64) ▷ relu",
  );
});

Deno.test("a template that does not parse throws a SyntaxError with the error as its cause", () => {
  const error = assertThrows(() => graph`linear(784, ${2.5})`, SyntaxError, "an integer");
  assertEquals(error.cause, errorOf("linear(784, 2.5)"));
  assertThrows(() => graph`${relu} ${relu}`, SyntaxError, "expected ▷, |> or the end");
  assertThrows(() => graph`linear(${relu})`, SyntaxError, "an argument of linear");
  assertThrows(() => graph`${64}`, SyntaxError, aNode);
  assertThrows(() => graph`kwta(${NaN})`, SyntaxError, "an argument of kwta");
  assertThrows(() => graph`kwta(${-0.1})`, SyntaxError, "sparsity, a number above 0");
});

const nested = (depth: number) => "residual(".repeat(depth) + "relu" + ")".repeat(depth);

Deno.test("branches nest 64 deep, and no deeper", () => {
  assertEquals(show(parsed(nested(64))), nested(64));
  assertEquals(errorOf(nested(65)).expected, ["at most 64 branches in each other"]);
  assertEquals(errorOf("fanout(relu, ".repeat(3500)).expected, [
    "at most 64 branches in each other",
  ]);
});

/** Checks the properties that hold for any text. */
function checkAny(text: string) {
  const start = performance.now();
  const result = parse(text);
  assertLess(performance.now() - start, 1000);
  if (E.isRight(result)) {
    assertEquals(parse(show(result.right)), result);
    return;
  }
  const { line, column, expected, frame } = result.left;
  const lines = text.split(/\r\n|\n|\r/);
  assert(line >= 1 && line <= lines.length, `line ${line}`);
  assert(column >= 1 && column <= lines[line - 1].length + 1, `column ${column}`);
  assert(expected.length > 0 && expected.every((wanted) => wanted !== ""), "expected nothing");
  const [shown, caret, ...rest] = frame.split("\n");
  assertEquals([rest.length, caret.trim()], [0, "^"]);
  const there = lines[line - 1][column - 1] ?? "";
  assertEquals(shown[caret.length - 1] ?? "", there.replace(/\p{Cc}/u, " "));
  assertStringIncludes(describe(result.left), frame);
}

const tokens = fc.array(
  fc.constantFrom(
    ..."( ) , = ▷ |> ${0} ${ } relu linear kwta residual fanout identity 3 0.5 -1 1e".split(" "),
    ..."bias hard hardness gate sigmoid inputs first body true __proto__ constructor".split(" "),
    " ",
    "\n",
    "\r\n",
  ),
  { maxLength: 25 },
).map((all) => all.join(""));

Deno.test("any text at all gives a graph or a place", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), checkAny), runs(300));
  fc.assert(fc.property(fc.string({ unit: "binary-ascii", maxLength: 60 }), checkAny), runs(300));
  fc.assert(fc.property(tokens, checkAny), runs(1000));
});

Deno.test("a valid text with a few slips gives a graph or a place", () => {
  const slip = fc.tuple(
    fc.constantFrom("flip", "delete", "insert", "cut", "twice"),
    fc.nat(),
    fc.nat(15),
    fc.constantFrom(..."()=,▷|>{}$ .e-0a_\n\0\ud83d"),
  );
  const slipped = (
    text: string,
    [how, place, bit, character]: readonly [string, number, number, string],
  ) => {
    const i = place % (text.length + 1);
    const [before, after] = [text.slice(0, i), text.slice(i)];
    switch (how) {
      case "flip":
        return before + String.fromCharCode((after.charCodeAt(0) || 0) ^ (1 << bit)) +
          after.slice(1);
      case "delete":
        return before + after.slice(1 + (bit % 3));
      case "insert":
        return before + character + after;
      case "cut":
        return before;
      default:
        return before + after.slice(0, bit) + after;
    }
  };
  fc.assert(
    fc.property(
      anyGraph,
      fc.array(slip, { minLength: 1, maxLength: 3 }),
      (graph, slips) => checkAny(slips.reduce(slipped, show(graph))),
    ),
    runs(1000),
  );
});

Deno.test("a text of 50,000 characters takes linear time", () => {
  const long = [
    " ",
    "\n",
    "a",
    "1",
    "(",
    "▷",
    "relu▷",
    "linear(3,\n3)▷\n",
    "residual(",
    "linear(3,",
    "kwta(0.1, hard, ",
    "${0}▷",
  ].map((part) => part.repeat(50_000).slice(0, 50_000));
  const inside = ["linear(" + "1".repeat(49_000) + ")", "linear(" + "3,".repeat(24_000) + "3)"];
  for (const text of [...long, ...inside]) {
    const start = performance.now();
    parse(text);
    // Generous for a busy machine; quadratic time took a minute and a half.
    assertLess(performance.now() - start, 3000, text.slice(0, 20));
  }
  assertEquals(parsed("relu▷".repeat(9_999) + "relu").nodes.length, 10_000);
});

Deno.test("a longer text is refused", () => {
  const error = errorOf("relu\n".repeat(10_000) + "relu");
  assertEquals(error.expected, ["a text of at most 50000 characters"]);
  assertEquals([error.line, error.column], [10_001, 1]);
});
