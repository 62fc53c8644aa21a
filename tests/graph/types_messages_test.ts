/**
 * Compile errors of graphs that do not fit, as a user reads them: the errors of one `deno check` of a program in which
 * every line is a separate mistake.
 */
import { assert, assertEquals, assertMatch, assertNotMatch } from "../assert.ts";
import { root } from "../pipelines/process.ts";

/** Last sentence of each expression's error. */
const sentences: Readonly<Record<string, string>> = {
  // A dimension.
  "pipe(linear(784, 64), to(linear(65, 10)))":
    "Cannot compose: expected [65], current value is [64]",
  "pipe(linear(3, 4), to(relu), to(linear(4, 6)), to(kwta(0.5)), to(linear(7, 5)), to(relu))":
    "Cannot compose: expected [7], current value is [6]",
  "pipe(linear(784, 64), to(double()), to(linear(65, 10)))":
    "Cannot compose: expected [65], current value is [64]",
  "pipe(linear(784, 64), to(mlp([65, 32, 10])))":
    "Cannot compose: expected [65], current value is [64]",
  "pipe(linear(9, 783), to(pipe(relu, to(linear(784, 10)))))":
    "Cannot compose: expected [784], current value is [783]",
  "flow(to(linear(64, 10)), to(linear(11, 3)))":
    "Cannot compose: expected [11], current value is [10]",
  "graphCategory.compose(linear(65, 3), linear(784, 64))":
    "Cannot compose: expected [65], current value is [64]",

  // Images.
  "pipe(conv2d(1, 16, 3), to(relu), to(conv2d(32, 8, 3)))":
    "Cannot compose: expected [number, number, 32], current value is [number, number, 16]",
  "pipe(reshape([28, 28, 1]), to(conv2d(3, 8, 5)))":
    "Cannot compose: expected [number, number, 3], current value is [28, 28, 1]",
  "pipe(conv2d(1, 16, 3), to(linear(16, 10)))":
    "Cannot compose: expected [16], current value is [number, number, 16]",

  // Pairs.
  "pipe(fanout(linear(784, 64), linear(784, 32)), to(add))":
    "Cannot compose: expected a pair of tensors of one shape, current value is a pair ([64], [32])",
  "pipe(fanout(linear(3, 4), linear(3, 5)), to(split(linear(4, 1), linear(6, 1))))":
    "Cannot compose: expected a pair ([4], [6]), current value is a pair ([4], [5])",
  "pipe(fanout(linear(3, 4), linear(3, 5)), to(first(linear(5, 1))))":
    "Cannot compose: expected a pair ([5], anything), current value is a pair ([4], [5])",
  "pipe(linear(3, 4), to(split(relu, relu)))":
    "Cannot compose: expected a pair (a tensor, a tensor), current value is [4]",
  "pipe(fanout(linear(3, 4), linear(3, 4)), to(relu))":
    "Cannot compose: expected a tensor, current value is a pair ([4], [4])",

  // Residuals.
  "residual(linear(64, 32))":
    "Cannot make a residual: expected a body that takes and gives [64], current value is [32]",
  "residual(fanout(relu, relu))": "Cannot make a residual: " +
    "expected a body that takes and gives a tensor, current value is a pair (a tensor, a tensor)",
  "residual(split(relu, relu))": "Cannot make a residual: " +
    "expected a body that takes a tensor, current value is a pair (a tensor, a tensor)",
  "pipe(linear(3, 4), to(residual(linear(5, 5))))":
    "Cannot compose: expected [5], current value is [4]",
};

/** Errors in which the compiler's own words name both dimensions. */
const comparisons: Readonly<Record<string, RegExp>> = {
  "fanout(linear(784, 64), linear(783, 64))":
    /^Argument of type 'Graph<readonly \[783\], .*>' is not assignable to .* 'Graph<readonly \[784\], /,
  "fanout(conv2d(1, 8, 3), conv2d(3, 8, 3))": /Type '1' is not assignable to type '3'\.$/,
  "take(linear(784, 11))":
    /Type 'readonly \[11\]' is not assignable to type 'readonly \[10\]'\.\n.*'11'.*'10'\.$/,
};

/** Expressions that compile, so that not everything is an error. */
const fitting: readonly string[] = [
  "pipe(linear(784, 64), to(double()), to(linear(64, 10)))",
  "pipe(fanout(linear(784, 64), linear(784, 64)), to(add), to(residual(linear(64, 64))))",
  "take(linear(784, 10))",
];

const head = `
import * as sparrow from "${new URL("../../graph/mod.ts", import.meta.url)}";
import { flow } from "npm:fp-ts@2.16.11/lib/function.js";
import { defineNode } from "${new URL("../../ops/custom_node.ts", import.meta.url)}";
import { tf } from "${new URL("../../ops/tfjs.ts", import.meta.url)}";
const { add, conv2d, fanout, first, graphCategory, kwta, linear, mlp } = sparrow;
const { pipe, relu, reshape, residual, split, to } = sparrow;
const double = defineNode({ name: "double", evaluate: (x) => tf.add(x, x) });
const take = (_graph: sparrow.Graph<readonly [784], readonly [10]>) => {};
`;

const expressions = [...Object.keys(sentences), ...Object.keys(comparisons), ...fitting];

/** The error of each expression that has one; its first line is the error itself, its last the reason. */
async function errorsOf(): Promise<ReadonlyMap<string, string>> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, `${head.trim()}\n${expressions.join("\n")}\n`);
    // Without a configuration, as a program elsewhere.
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-config", "--no-lock", file],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const printed = new TextDecoder().decode(stderr);
    const errors = new Map<string, string>();
    for (const [, error, line] of printed.matchAll(/^(?:TS\d+ \[ERROR\]: )([^]*?):(\d+):\d+$/gm)) {
      const expression = expressions[Number(line) - head.trim().split("\n").length - 1];
      assert(expression !== undefined, error);
      assert(!errors.has(expression), `two errors: ${error}`);
      errors.set(expression, error.slice(0, error.indexOf(`\n${expression}\n`)));
    }
    assertMatch(printed, new RegExp(`Found ${errors.size} errors`), printed);
    return errors;
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("the compiler's errors say what was expected and what there is", async (t) => {
  const errors = await errorsOf();

  for (const [expression, sentence] of Object.entries(sentences)) {
    await t.step(expression, () => {
      const lines = errors.get(expression)?.split("\n") ?? [];
      const reason = /^ *Type '.*' is not assignable to type '"(.*)"'\.$/.exec(lines.at(-1) ?? "");
      assertEquals(reason?.[1], sentence);
    });
  }

  for (const [expression, words] of Object.entries(comparisons)) {
    await t.step(expression, () => assertMatch(errors.get(expression) ?? "", words));
  }

  await t.step("what fits has no error", () => {
    for (const expression of fitting) assertEquals(errors.get(expression), undefined);
  });

  await t.step("how the types find it out stays out of sight", () => {
    for (const [expression, error] of errors) {
      // A tail that `flow` makes has no input yet, of which a type could be found out.
      if (expression.startsWith("flow")) continue;
      assertNotMatch(error, /\.\.\.|extends|\b(?:Must|Fits|Meet|Resolve|Settle|InputOf|OutputOf)/);
    }
  });
});
