/** Files of a run that do not vouch for themselves: a change is found out when the run goes on. */
import { mapKwta } from "../../../../graph/rewrite.ts";
import {
  checkpointName,
  readCheckpoint,
  writeCheckpoint,
} from "../../../../pipelines/files/checkpoint.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../assert.ts";
import { deno } from "../../process.ts";
import { right } from "../../tiny.ts";

const program = ["run", "-P", "--allow-write", "pipelines/mnist_kwta.ts"];
const small = ["--dataset", "strokes", "--backend", "wasm", "--batch", "2000"];

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-vouching-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

const begun = async (folder: string, ...options: readonly string[]): Promise<void> => {
  const { code, err } = await deno(...program, ...small, ...options, "--out", folder);
  assertEquals([code, err], [0, ""]);
};

type Config = Record<string, unknown>;

const configOf = (folder: string): Config =>
  JSON.parse(Deno.readTextFileSync(`${folder}/config.json`));

const refused = async (folder: string, ...options: readonly string[]): Promise<string> => {
  const { code, out, err } = await deno(...program, "--resume", folder, ...options);
  assertEquals([code === 0, out], [false, ""], err);
  assert(!err.includes("Unexpected"), err);
  return err.trimEnd();
};

Deno.test("saved values go through the same checks as flags", () =>
  inFolder(async (folder) => {
    const place = `${folder}/config.json`;
    const options = { seed: 3, epochs: 1, loss: "triplet", units: 512, threads: 1, out: null };
    const whole = {
      pipeline: "mnist_kwta",
      options,
      settings: { batchSize: 256 },
      backend: { name: "wasm" },
    };
    const lineOf = async (changed: Config): Promise<string> => {
      await Deno.writeTextFile(place, JSON.stringify({ ...whole, ...changed }));
      return await refused(folder);
    };
    const wrong: readonly (readonly [Config, string])[] = [
      [{ threads: 1_000_000 }, "--threads to be an integer from 1 to 64, current value is 1000000"],
      [{ epochs: "abc" }, '--epochs to be an integer from 1 to 1000000, current value is "abc"'],
      [{ epochs: "2" }, '--epochs to be 2, as --epochs gives it, current value is "2"'],
      // An option without a default, as --epochs is, may be null.
      [{ seed: null }, "--seed to be a value that --seed takes, current value is null"],
      [{ epochs: 1e300 }, "--epochs to be an integer from 1 to 1000000, current value is"],
      [{ loss: "xyz" }, '--loss to be one of triplet, supcon, current value is "xyz"'],
      [{ seed: -1 }, "--seed to be an integer from 0 to 4294967295, current value is -1"],
      [{ batch: { a: 1 } }, "--batch to be a value that --batch takes, current value is"],
      [{ sparsity: 2 }, "--sparsity to be a number above 0 and below 1, current value is"],
      [{ "info-plane": "yes" }, "--info-plane to be the flag without a value, current value is"],
      [{ data: "" }, "--data to be a value, DIR, current value is"],
      [
        { dataset: ["mnist"] },
        `--dataset to be "mnist", as --dataset gives it, current value is mnist`,
      ],
    ];
    for (const [changed, line] of wrong) {
      const found = await lineOf({ options: { ...options, ...changed } });
      assertStringIncludes(found, `Cannot use ${place}: expected the value of ${line}`);
    }
    assertStringIncludes(
      await lineOf({ backend: { name: 7 } }),
      "expected the value of --backend to be one of auto, ",
    );
    assertStringIncludes(
      await lineOf({ settings: { batchSize: "many" } }),
      "expected the value of --batch to be an integer from 1 to 1000000",
    );
    assertMatch(
      await lineOf({ options: { ...options, validation: "most" } }),
      /^Cannot use --validation: expected a number of images/,
    );
    assertEquals(await lineOf({ options: 7 }), `Cannot use ${place}: expected options`);
    const graph = "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)";
    const digits = { ...options, dataset: "strokes" };
    assertStringIncludes(
      await lineOf({ options: digits, graph, settings: null }),
      "Cannot use --resume: expected a folder whose config.json has the settings",
    );
  }));

Deno.test("a run goes on from checkpoints of its own, with the graph that it has by then", () =>
  inFolder(async (parent) => {
    const [own, straight, foreign] = ["own", "straight", "foreign"].map((name) =>
      `${parent}/${name}`
    );
    await Promise.all([
      begun(own, "--seed", "3", "--epochs", "1"),
      begun(foreign, "--seed", "4", "--epochs", "2"),
    ]);
    await begun(straight, "--seed", "3", "--epochs", "2");
    const { identity } = configOf(own);
    assertMatch(String(identity), /^[0-9a-f]{64}$/);
    const file = (folder: string, epoch: number) =>
      `${folder}/checkpoints/${checkpointName(epoch)}`;
    const bytes = await Deno.readFile(file(own, 1));
    const checkpoint = right(readCheckpoint("own", bytes));
    assertEquals(checkpoint.identity, identity);

    const best = `${own}/checkpoints/best.safetensors`;
    const forged = async (change: Partial<typeof checkpoint>): Promise<string> => {
      await Deno.writeFile(file(own, 1), writeCheckpoint({ ...checkpoint, ...change }));
      return await refused(own, "--epochs", "2");
    };
    const graph = mapKwta((kwta) => ({ ...kwta, sparsity: 0.5 }))(checkpoint.graph);
    assertMatch(
      await forged({ graph: graph as typeof checkpoint.graph }),
      /000001\.safetensors: expected the graph .*kwta\(0\.05\), current value is .*kwta\(0\.5\)$/,
    );
    assertMatch(await forged({ epoch: 9 }), /expected at most 2 epochs, current value is 9$/);
    assertMatch(await forged({ identity: "0" }), /it is of another run than .*own\/config\.json$/);
    await Deno.writeFile(file(own, 1), bytes);

    await Deno.writeTextFile(
      `${own}/config.json`,
      JSON.stringify({ ...configOf(own), identity: 7 }),
    );
    assertMatch(await refused(own), /own\/config\.json: expected a SHA-256 as the identity$/);
    await Deno.writeTextFile(
      `${own}/config.json`,
      JSON.stringify({
        ...configOf(own),
        identity,
        resumed: [{ epoch: 0 }, "<b>", { epoch: "1" }],
      }),
    );

    // Newer ones of another run, of which the best is the newest of all.
    await Deno.copyFile(file(foreign, 2), file(own, 2));
    await Deno.copyFile(file(foreign, 2), best);
    const { code, out, err } = await deno(...program, "--resume", own, "--epochs", "2");
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^Cannot use .*_000002\.safetensors: it is of another run than .*\. The one before it is taken\nGoes on after epoch 1 of 2\n/,
    );
    const weights = (folder: string) => Deno.readFile(`${folder}/model.safetensors`);
    assertEquals(await weights(own), await weights(straight));
    const now = configOf(own);
    assertEquals([now.identity, now.resumed], [identity, [{ epoch: 0 }, { epoch: 1 }]]);
  }));
