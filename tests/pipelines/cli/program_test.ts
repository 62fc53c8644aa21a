/**
 * The shell that all programs share: how each is called, what it refuses, and what Deno asks.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { deno, root, withFolder } from "../process.ts";

/** Every program: what is in `pipelines/` and does something when it is run. */
const programs: readonly string[] = [...Deno.readDirSync(`${root}pipelines`)]
  .filter(({ name }) => name.endsWith(".ts"))
  .filter(({ name }) =>
    /import\.meta\.main/.test(Deno.readTextFileSync(`${root}pipelines/${name}`))
  )
  .map(({ name }) => name.slice(0, -3)).sort();

/** The operands of the programs that take some. */
const operands: Readonly<Record<string, string>> = {
  compare: "RUN_DIR…",
  encode: "MODEL INPUT…",
  export: "MODEL",
  index_vectors: "FILE",
  recall: "MODEL [INPUT…]",
  search: "CODES QUERY…",
  serve: "INDEX…",
  vectors_kwta: "FILE",
};

/** Returns an argument for every operand, so that nothing else is wrong. */
const some = (name: string): readonly string[] =>
  (operands[name] ?? "").split(" ").filter((word) => /^\w/.test(word)).map(() => "none");

/** Two at a time: each is a process. */
async function each(names: readonly string[], use: (name: string) => Promise<void>): Promise<void> {
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await use(name);
  };
  await Promise.all([worker(), worker()]);
}

const run = (name: string, ...args: readonly string[]) =>
  deno("run", "-P", `pipelines/${name}.ts`, ...args);

Deno.test("every program is known to these tests", () => {
  assertEquals(programs, [
    "claims",
    "compare",
    "conv_kwta",
    "encode",
    "export",
    "gradient_free",
    "held_out_classes",
    "index_vectors",
    "information_calibration",
    "inverse",
    "mnist_autoencoder",
    "mnist_kwta",
    "mnist_softmax",
    "pretrain_then_kwta",
    "recall",
    "search",
    "serve",
    "vectors_kwta",
    "willshaw_capacity",
  ]);
});

Deno.test("-h prints every program's help, whatever else is on the command line", () =>
  each(programs, async (name) => {
    const { code, out, err } = await run(name, "-h");
    assertEquals([name, code, err], [name, 0, ""]);
    const words = operands[name] === undefined ? "" : `${operands[name]} `;
    assertStringIncludes(out, `\nUsage: deno run -P pipelines/${name}.ts ${words}[options]\n`);
    assertStringIncludes(out, "  -h, --help ");
    assertStringIncludes(out, "  --quiet ");
  }));

Deno.test("every program refuses wrong usage in one line with exit code 2", () =>
  each(programs, async (name) => {
    const refuses = async (args: readonly string[], line: RegExp) => {
      const { code, out, err } = await run(name, ...args);
      assertEquals([name, args, code, out], [name, args, 2, ""]);
      assertMatch(err, line);
      assertEquals(err.trimEnd().split("\n").length, 1, err);
    };
    await refuses(
      [...some(name), "--debgu"],
      /^Cannot use --debgu: expected one of --help, .*Did you mean "--debug"\? See --help\n$/,
    );
    await refuses(
      [...some(name), "--quiet=maybe"],
      /^Cannot use --quiet: expected the flag without a value, current value is "maybe"\. See --help\n$/,
    );
    if (operands[name] === undefined) {
      await refuses(["surplus"], /^Cannot use surplus: expected flags only, .*\. See --help\n$/);
    } else {
      await refuses(
        [],
        /^Cannot use the command line: expected [A-Z].*, current value is "nothing"\. See --help\n$/,
      );
    }
  }));

/** Other invalid command lines, by program. */
const wrong: readonly (readonly [string, readonly string[], string])[] = [
  ["mnist_kwta", ["--loss", "supcom"], 'current value is "supcom". Did you mean "supcon"?'],
  ["mnist_kwta", ["--learning-rate", "0"], "Cannot use --learning-rate: expected a finite number"],
  ["mnist_kwta", ["--weight-decay", "-1"], "Cannot use --weight-decay: expected a finite number"],
  ["mnist_kwta", ["--sparsity", "1"], "Cannot use --sparsity: expected a number above 0 and below"],
  ["mnist_kwta", ["--batch", "0"], "Cannot use --batch: expected an integer from 1 to 1000000"],
  ["mnist_kwta", ["--units", "1"], "Cannot use --units: expected an integer from 2 to 1000000"],
  ["mnist_kwta", ["--validation", "1.5"], "Cannot use --validation: expected a number of images"],
  ["mnist_kwta", ["--validation", "0"], "Cannot use --validation: expected a number of images"],
  [
    "mnist_kwta",
    ["--dataset", "strokes", "--backend", "cpu", "--validation", "10000"],
    "Cannot use --validation: expected fewer than the 10000 training images",
  ],
  ["mnist_softmax", ["--sparsity", "0.1"], "Cannot use --sparsity: expected one of --help"],
  ["conv_kwta", ["--dataset", "folder"], "Cannot use --data: expected the folder of the images"],
  ["gradient_free", ["--dataset", "strokes", "--backend", "cpu", "--k", "300"], "Cannot use --k: "],
  ["compare", ["runs/a", "runs/a"], "Cannot use RUN_DIR: expected each folder once"],
  ["encode", ["model", "mnist", "--out", "runs"], "Cannot use --out: expected a file, such as "],
  ["encode", ["model", "mnist", "--out", "runs/new/"], '"runs/new/, a folder"'],
  ["export", ["model", "--out", "pipelines"], '"pipelines, a folder"'],
  ["compare", ["runs/a", "--out", "README.md"], "Cannot use --out: expected a folder"],
  ["search", ["codes.npz", "a.png", "--out", "README.md"], "Cannot use --out: expected a folder"],
  ["encode", ["model", "mnist", "--invert"], "Cannot use --invert: "],
  ["recall", ["model", "--keep", "0"], "Cannot use --keep: expected a number above 0 and at most"],
  ["search", ["codes.npz", "a.npz", "--invert"], "Cannot use --invert: expected images among"],
  ["claims", ["--claim", "99"], "Cannot use --claim: expected one or some of 1, 2"],
  ["held_out_classes", ["--seeds", "1,1"], "Cannot use --seeds: expected different integers"],
  ["information_calibration", ["--estimators", "mxture"], 'Did you mean "mixture"?'],
  ["willshaw_capacity", ["--epochs", "3"], "Cannot use --epochs: expected one of --help"],
  ["inverse", ["--epochs", "3"], "Cannot use --epochs: expected one of --help"],
];

Deno.test("an error that names a flag or an operand exits with 2, whenever it is found", async () => {
  await Deno.mkdir(`${root}runs`, { recursive: true });
  await each(wrong.map((_, i) => String(i)), async (i) => {
    const [name, args, line] = wrong[Number(i)];
    const { code, err } = await run(name, ...args);
    assertStringIncludes(err, line);
    assertEquals([name, args, code], [name, args, 2]);
  });
});

Deno.test("without permissions and without a terminal, one line says how to start each program", () =>
  each(programs, async (name) => {
    const { code, out, err } = await deno("run", `pipelines/${name}.ts`, ...some(name));
    assertEquals(
      [code, out, err],
      [
        2,
        "",
        "Deno was not given a permission that is needed (--allow-read). " +
        `Run: deno run -P pipelines/${name}.ts\n`,
      ],
    );
  }));

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

/** Output of a program at a terminal, and the number of answered prompts. */
interface AtTerminal {
  readonly code: number;
  readonly lines: readonly string[];
  readonly questions: number;
}

/** Runs deno at a terminal (that of `script`), and gives every question of Deno's the same answer. */
async function atTerminal(answer: "y" | "n", ...args: readonly string[]): Promise<AtTerminal> {
  // CI has Deno ask nothing.
  const command = ["env", "-u", "DENO_NO_PROMPT", Deno.execPath(), ...args].join(" ");
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", command, "/dev/null"],
    cwd: root,
    env: { NO_COLOR: "1", SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  let [out, questions] = ["", 0];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    const asked = out.split("Allow? [").length - 1;
    if (asked === questions) continue;
    questions = asked;
    // Deno throws away what was typed before its question was whole.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await writer.write(new TextEncoder().encode(`${answer}\n`));
  }
  await writer.close().catch(() => {});
  const { code } = await child.status;
  await child.stderr.cancel();
  return { code, lines: out.split(/\r?\n/), questions };
}

const short = ["--epochs", "1", "--backend", "wasm", "--batch", "1000", "--seed", "3"];

const terminalTest = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: !hasScript, fn });

terminalTest(
  "at a terminal the main job asks for what it needs, after a line that says what for",
  () =>
    withFolder(async (folder) => {
      const options = ["--epochs", "1", "--batch", "1000", "--dataset", "strokes"];
      const program = ["run", "pipelines/mnist_kwta.ts", ...options];
      const { code, lines, questions } = await atTerminal("y", ...program, "--out", folder);
      assertEquals([code, questions], [0, 2], lines.join("\n"));
      const before = (question: string) =>
        lines[lines.findIndex((line) => line.includes(question)) - 1];
      assertStringIncludes(before("requests read access"), "mnist_kwta reads files: ");
      assertEquals(before("requests write access"), `It writes its results to ${folder}.`);
      assert(lines.some((line) => line.startsWith("Test accuracy 0.")));
      assert(!lines.some((line) => /NotCapable|XDG_RUNTIME_DIR/.test(line)), lines.join("\n"));
    }),
);

terminalTest(
  "where the data is not on this machine, the network is the third question and the last",
  () =>
    withFolder(async (folder) => {
      // That it is refused spares the test the network.
      const args = [
        "run",
        "--allow-read",
        "--allow-write=runs",
        "pipelines/mnist_kwta.ts",
        ...short,
      ];
      const here = await Deno.stat(`${root}runs/.cache/mnist`).then(() => true, () => false);
      const refused = await atTerminal("n", ...args, "--out", folder);
      assertEquals([refused.code, refused.questions], [0, here ? 0 : 1], refused.lines.join("\n"));
      if (here) return;
      const i = refused.lines.findIndex((line) => line.includes("requests net access"));
      assertStringIncludes(refused.lines[i - 1], "The dataset was not found on this machine: ");
      assert(refused.lines.some((line) => line.startsWith("MNIST was not found; the built-in")));
    }),
);

terminalTest(
  "a question that is answered with no ends the program, with what to run instead",
  async () => {
    const { code, lines, questions } = await atTerminal("n", "run", "pipelines/mnist_kwta.ts");
    assertEquals([code, questions], [2, 1]);
    assert(lines.some((line) => line.endsWith("Run: deno run -P pipelines/mnist_kwta.ts")));
  },
);

for (const permissions of ["-P", "-A"]) {
  terminalTest(
    `deno run ${permissions} asks nothing at a terminal`,
    () =>
      withFolder(async (folder) => {
        const program = ["run", permissions, "pipelines/mnist_kwta.ts", ...short];
        const { code, lines, questions } = await atTerminal(
          "n",
          ...program,
          ...["--dataset", "strokes", "--out", folder],
        );
        assertEquals([code, questions], [0, 0], lines.join("\n"));
        assert(!lines.some((line) => line.includes("reads files")));
      }),
  );
}
