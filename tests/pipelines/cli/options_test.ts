import { describe } from "../../../graph/error.ts";
import { duration } from "../../../pipelines/cli/text.ts";
import {
  type Flags,
  helpText,
  readCommandLine,
  readOptions,
} from "../../../pipelines/cli/options.ts";
import { sharedFlags } from "../../../pipelines/cli/program.ts";
import { notNegative, positive } from "../../../ops/ranges.ts";
import { epochLine } from "../../../pipelines/stages/report.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";

const read = (...args: string[]) => readOptions(sharedFlags, args);

Deno.test("defaults are filled in, and what is given is taken", () => {
  assertEquals(right(read()), {
    help: false,
    seed: 0,
    epochs: 20,
    dataset: null,
    data: null,
    "skip-bad": false,
    backend: "auto",
    threads: 1,
    profile: false,
    dashboard: null,
    out: null,
    quiet: false,
    debug: false,
  });
  const given = right(read("--seed", "4294967295", "--epochs=3", "--backend", "cpu", "--quiet"));
  assertEquals([given.seed, given.epochs, given.backend, given.quiet], [
    4294967295,
    3,
    "cpu",
    true,
  ]);
  assertEquals(right(read("--data", "a b", "--out=/x")).data, "a b");
  const port = (...args: string[]) => right(read(...args)).dashboard;
  assertEquals(
    [port("--dashboard"), port("--dashboard", "--quiet"), port("--quiet", "--dashboard")],
    [7377, 7377, 7377],
  );
  assertEquals([port("--dashboard", "0"), port("--dashboard=65535")], [0, 65535]);
  // As a task hands them on.
  assertEquals(right(read("--", "--epochs", "3")).epochs, 3);
});

Deno.test("whatever is wrong on the command line is refused with the allowed range", () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--epochs", "0"], "Cannot use --epochs: expected an integer from 1 to 1000000"],
    [["--epochs", "1e3"], "Cannot use --epochs: expected an integer from 1 to 1000000"],
    [["--epochs"], "Cannot use --epochs: expected an integer from 1 to 1000000"],
    [["--seed", "-1"], "Cannot use --seed: expected an integer from 0 to 4294967295"],
    [["--seed", "0x10"], "Cannot use --seed: expected an integer from 0 to 4294967295"],
    [["--quiet", "--", "--epochs", "3"], "Cannot use --epochs: expected flags only"],
    [["--", "--", "--epochs", "3"], "Cannot use --epochs: expected flags only"],
    [["--backend", "cuda"], "Cannot use --backend: expected one of auto, webgpu, wasm, cpu"],
    [["--backend", "wsam"], 'current value is "wsam". Did you mean "wasm"?'],
    [["--data", ""], "Cannot use --data: expected a value, DIR"],
    [["--seed", "1", "--seed", "2"], "Cannot use --seed: expected the flag once"],
    [["--sed", "1"], "Cannot use --sed: expected one of --help, --seed"],
    [["--sed", "1"], 'current value is "--sed". Did you mean "--seed"?'],
    [["--__proto__", "1"], "Cannot use --__proto__: expected one of --help"],
    [["--quiet=maybe"], "Cannot use --quiet: expected the flag without a value"],
    [["--quiet="], "Cannot use --quiet: expected the flag without a value"],
    [["--no-quiet"], "Cannot use --no-quiet: expected one of --help"],
    [["--dashboard", "65536"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard="], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard", "-1"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard", "http"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["-x"], "Cannot use -x: expected one of --help"],
    [["-q"], "Cannot use -q: expected one of --help"],
    [["mnist"], "Cannot use mnist: expected flags only"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(describe(left(read(...args))), message);
  }
});

Deno.test("every switch is refused with a value", () => {
  const flags: Flags = sharedFlags;
  const switches = Object.keys(flags).filter((name) => flags[name].kind === "switch");
  assertEquals(switches, ["help", "skip-bad", "profile", "quiet", "debug"]);
  for (const name of switches) {
    for (const value of ["maybe", "true", "false", "1", ""]) {
      const refused = describe(left(read(`--${name}=${value}`)));
      assertStringIncludes(refused, `Cannot use --${name}: expected the flag without a value`);
    }
  }
});

const lists = {
  rate: { kind: "number", help: "highest learning rate", range: positive, fallback: null },
  decay: { kind: "number", help: "weight decay", range: notNegative, fallback: 0.1 },
  seeds: { kind: "integers", help: "seeds", most: 255, fallback: [26, 1] },
  only: { kind: "names", help: "only these", choices: ["ksg", "gcmi", "mine"] },
  k: { kind: "integer", help: "results", least: 1, most: 100, fallback: 10 },
} as const satisfies Flags;

Deno.test("numbers, lists of integers and lists of names are read, and refused with what is allowed", () => {
  const given = (...args: string[]) => readOptions(lists, args);
  assertEquals(right(given()), { rate: null, decay: 0.1, seeds: [26, 1], only: null, k: 10 });
  assertEquals(
    right(given("--rate", "1e-3", "--decay=0", "--seeds", "0,255", "--only", "mine,ksg", "-k=3")),
    { rate: 0.001, decay: 0, seeds: [0, 255], only: ["mine", "ksg"], k: 3 },
  );
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--rate", "0"], "Cannot use --rate: expected a finite number above 0, current value is "],
    [["--rate", "Infinity"], "Cannot use --rate: "],
    [["--rate", "fast"], "Cannot use --rate: "],
    [["--rate", " "], "Cannot use --rate: "],
    [["--rate"], "Cannot use --rate: "],
    [["--decay", "-1"], "Cannot use --decay: expected a finite number of at least 0"],
    [["--seeds", "8,8"], "Cannot use --seeds: expected different integers from 0 to 255"],
    [["--seeds", "256"], "Cannot use --seeds: "],
    [["--seeds", "1,"], "Cannot use --seeds: "],
    [["--seeds", "-1"], "Cannot use --seeds: "],
    [["--seeds", ""], "Cannot use --seeds: "],
    [
      ["--only", "ksg,foo"],
      "Cannot use --only: expected one or some of ksg, gcmi, mine, separated",
    ],
    [["--only", "ksg,mime"], 'current value is "ksg,mime". Did you mean "mine"?'],
    [["--only", "ksg,ksg"], "Cannot use --only: "],
    [["--only", ""], "Cannot use --only: "],
    [["-k"], "Cannot use -k: expected an integer from 1 to 100"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(describe(left(given(...args))), message);
  }
});

Deno.test("operands are counted as the help shows them", () => {
  const count = (words: string, ...args: string[]) => {
    const line = readCommandLine({ ...lists, help: sharedFlags.help }, args, words);
    return line._tag === "Left" ? describe(line.left) : line.right.operands.length;
  };
  assertEquals(count("MODEL INPUT…", "m", "a", "b", "-k", "3"), 3);
  assertEquals(count("MODEL [INPUT…]", "m"), 1);
  assertEquals(count("MODEL", "-k", "3", "--", "--odd"), 1);
  // Help is given whatever else is missing.
  assertEquals(count("MODEL", "-h"), 0);
  const wrong = (words: string, given: string) =>
    `Cannot use the command line: expected ${words}, current value is "${given}"`;
  assertEquals(count("MODEL INPUT…", "m"), wrong("MODEL INPUT…", "m"));
  assertEquals(count("MODEL [INPUT…]"), wrong("MODEL [INPUT…]", "nothing"));
  assertEquals(count("MODEL", "a", "b"), wrong("MODEL", "a b"));
});

Deno.test("the help names every flag with its default", () => {
  const flags: Flags = sharedFlags;
  const text = helpText("mnist_kwta", "Trains.", flags);
  for (const name of Object.keys(flags)) assertStringIncludes(text, `--${name}`);
  assertStringIncludes(text, "--epochs N");
  assertStringIncludes(text, "[20]");
  assertStringIncludes(text, "deno run -P pipelines/mnist_kwta.ts");
  const listed = helpText("x", "Lists.", lists);
  for (
    const line of ["--rate X       highest learning rate", "--decay X      weight decay [0.1]"]
  ) {
    assertStringIncludes(listed, line);
  }
  assertStringIncludes(listed, "  -k N  ");
  assertStringIncludes(listed, "--seeds N,…    seeds [26,1]");
  assertStringIncludes(helpText("x", "Helps.", { help: sharedFlags.help }), "  -h, --help  print");
});

Deno.test("durations and epochs read as a person says them", () => {
  assertEquals([0.4, 59, 61, 3599, 3700].map(duration), [
    "0 s",
    "59 s",
    "1 min 01 s",
    "59 min 59 s",
    "1 h 01 min",
  ]);
  const row = (name: string, split: "train" | "test" | "run", value: number) =>
    ({ epoch: 1, step: 235, split, name, value }) as const;
  assertEquals(
    epochLine(1, 20, [
      row("loss", "train", 0.10614),
      row("accuracy", "train", 0.9077),
      row("accuracy", "test", 0.90641),
      row("active_min", "test", 25),
      row("active_max", "test", 26),
      row("samples_per_second", "run", 23344.2),
    ]),
    "epoch  1/20  loss 0.1061  train 0.9077  test 0.9064  bits 25 to 26  23344 samples/s",
  );
  assertEquals(epochLine(3, 9, []), "epoch 3/9");
});

Deno.test("an argument of so many letters that the parser would take minutes is refused", () => {
  for (const argument of [`-${"q".repeat(200_000)}`, `-${"k".repeat(5000)}`]) {
    const { option, actual, expected } = left(read("--quiet", argument));
    assertEquals([option, expected], [`${argument.slice(0, 16)}…`, "at most 4096 characters"]);
    assertEquals(actual, `"${argument.length} of them"`);
  }
  assertEquals(right(readCommandLine({}, [`--`, "a".repeat(9000)], "FILE")).operands.length, 1);
});
