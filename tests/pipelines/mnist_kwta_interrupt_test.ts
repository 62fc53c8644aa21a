import type { Row } from "../../pipelines/core/history.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { shared, sharedTest } from "../shared.ts";
import { root, start, withFolder } from "./process.ts";
import { right } from "./tiny.ts";

const run = ["run", "-P", "pipelines/mnist_kwta.ts"];
const mnist = ["--data", shared("mnist").pathname];

const rows = (folder: string): readonly Row[] =>
  Deno.readTextFileSync(`${root}${folder}/metrics.jsonl`).trim().split("\n")
    .map((line) => JSON.parse(line));

sharedTest(
  "Ctrl-C in an epoch ends within a second and leaves the last finished one",
  "mnist",
  () =>
    withFolder(async (folder) => {
      const options = ["--backend", "wasm", "--epochs", "50", "--out", folder];
      const running = start(...run, ...mnist, ...options);
      await running.until("epoch  1/50");
      // In the middle of the second epoch's training.
      await new Promise((resolve) => setTimeout(resolve, 700));
      const pressed = performance.now();
      running.kill("SIGINT");
      const { code, err } = await running.finished;
      const seconds = (performance.now() - pressed) / 1000;
      assertEquals(code, 130);
      assert(seconds < 1, `it took ${seconds.toFixed(2)} s`);
      assertMatch(
        err,
        new RegExp(
          `^Interrupted in epoch 2 at step \\d+\\. ` +
            `The model of the last finished epoch is ${folder}/model.safetensors\\. ` +
            `Go on with: deno run -P pipelines/mnist_kwta.ts --resume ${folder}\n$`,
        ),
      );
      const model = right(await loadModel(`${root}${folder}/model.safetensors`, denoFiles)());
      assertEquals([model.epoch, model.dataset], [1, "mnist"]);
      assertEquals(rows(folder).at(-1)?.epoch, 1);
    }),
);

sharedTest(
  "Ctrl-C before the first epoch is over says that there is no model",
  "mnist",
  () =>
    withFolder(async (folder) => {
      const running = start(...run, ...mnist, "--backend", "wasm", "--out", folder);
      // The configuration is written just before the training begins.
      for (let i = 0; i < 100; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (await Deno.stat(`${root}${folder}/config.json`).then(() => true, () => false)) break;
      }
      running.kill("SIGINT");
      const { code, err } = await running.finished;
      assertEquals(code, 130);
      assertMatch(err, /^Interrupted in epoch 1 at step \d+\. No epoch was finished, .*\n$/);
    }),
);
