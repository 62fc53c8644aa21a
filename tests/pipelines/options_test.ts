import { describe } from "../../graph/error.ts";
import { commonFlags, type Flags, helpText, readOptions } from "../../pipelines/cli/options.ts";
import { duration } from "../../pipelines/cli/progress_bar.ts";
import { epochLine } from "../../pipelines/stages/announce.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { left, right } from "./tiny.ts";

const read = (...args: string[]) => readOptions(commonFlags, args);

Deno.test("defaults are filled in, and what is given is taken", () => {
  assertEquals(right(read()), {
    help: false,
    seed: 0,
    epochs: 20,
    backend: "auto",
    threads: 1,
    data: null,
    out: null,
    dashboard: null,
    quiet: false,
    profile: false,
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
    [["--quiet", "--", "--epochs", "3"], "Cannot use --: expected one of --help --seed"],
    [["--", "--", "--epochs", "3"], "Cannot use --: expected one of --help --seed"],
    [["--backend", "cuda"], "Cannot use --backend: expected auto, webgpu, wasm, cpu"],
    [["--data", ""], "Cannot use --data: expected a value, DIR"],
    [["--seed", "1", "--seed", "2"], "Cannot use --seed: expected the flag once"],
    [["--sed", "1"], "Cannot use --sed: expected one of --help --seed"],
    [["--dashboard", "65536"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard="], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard", "-1"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["--dashboard", "http"], "Cannot use --dashboard: expected a port from 0 to 65535"],
    [["-x"], "Cannot use -x: expected one of --help"],
    [["mnist"], "Cannot use mnist: expected one of --help"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(describe(left(read(...args))), message);
  }
});

Deno.test("the help names every flag with its default", () => {
  const flags: Flags = commonFlags;
  const text = helpText("mnist_kwta", "Trains.", flags);
  for (const name of Object.keys(flags)) assertStringIncludes(text, `--${name}`);
  assertStringIncludes(text, "--epochs N");
  assertStringIncludes(text, "[20]");
  assertStringIncludes(text, "deno run -P pipelines/mnist_kwta.ts");
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
