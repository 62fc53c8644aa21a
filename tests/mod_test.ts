import { VERSION } from "../mod.ts";
import { assertEquals, assertMatch } from "./assert.ts";
import { root } from "./pipelines/process.ts";
import { served } from "./served.ts";

/** A program that knows Sparrow by its URL only. */
const client = (url: string) => `
import * as sparrow from "${url}";
const { E } = sparrow;

const encoder = sparrow.graph\`linear(784, 16) ▷ relu ▷ linear(16, 64) ▷ kwta(0.0625)\`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const backend = await sparrow.startBackend("wasm")();
const data = await sparrow.loadStrokes({ seed: 26, train: 300, test: 100 })();
const run = sparrow.createRun({ graph: encoder, optimiser, seed: 26 });
if (E.isLeft(backend) || E.isLeft(data) || E.isLeft(run)) throw new Error("no start");
const experiment = sparrow.pipeline(
  sparrow.repeat(3)(sparrow.train({
    data: data.right.train,
    loss: sparrow.tripletCosineLoss(),
    batchSize: 32,
  })),
  sparrow.evaluate(data.right),
);
const done = await experiment(run.right)(sparrow.quietEnv(backend.right))();
if (E.isLeft(done)) throw new Error(sparrow.describe(done.left));
const { history, step } = done.right;
console.log(step, sparrow.orThrow(sparrow.latest(history, "accuracy", "test")));
Deno.exit(0);
`;

Deno.test("a program elsewhere imports mod.ts by URL, without an import map, and trains", async () => {
  await using server = served();
  const folder = await Deno.makeTempDir();
  try {
    const { host, url } = server;
    await Deno.writeTextFile(`${folder}/client.ts`, client(`${url}/mod.ts`));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--check",
        "--no-config",
        "--no-lock",
        `--reload=${url}`,
        `--allow-import=${host}`,
        `${folder}/client.ts`,
      ],
      cwd: folder,
      env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertMatch(new TextDecoder().decode(stdout), /^30 0\.[3-9]\d*\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the version is that of deno.json", async () => {
  assertEquals(JSON.parse(await Deno.readTextFile(`${root}deno.json`)).version, VERSION);
});
