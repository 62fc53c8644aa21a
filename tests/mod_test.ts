import { VERSION } from "../pipelines/stages/mod.ts";
import { assertEquals, assertMatch } from "./assert.ts";
import { root } from "./pipelines/process.ts";
import { served } from "./served.ts";

/** A program that knows Sparrow by its URL only. */
const client = (url: string) => `
import * as sparrow from "${url}";
const { orThrow } = sparrow;

const encoder = sparrow.graph\`linear(784, 16) ▷ relu ▷ linear(16, 64) ▷ kwta(0.0625)\`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend("wasm")));
const data = await orThrow(sparrow.loadStrokes({ seed: 26, train: 300, test: 100 }));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));
const experiment = sparrow.pipeline(
  sparrow.repeat(3)(sparrow.train({
    data: data.train,
    loss: sparrow.tripletCosineLoss(),
    batchSize: 32,
  })),
  sparrow.evaluate(data),
);
const { history, step } = await orThrow(experiment(run)(env));
console.log(step, orThrow(sparrow.latest(history, "accuracy", "test")));
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
