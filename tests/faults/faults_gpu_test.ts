import { fromJsonLines, newest } from "../../pipelines/core/history.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { deno } from "../pipelines/process.ts";
import { needsGpu } from "../pipelines/files/checkpoint/gpu_fault.ts";
import { inFolder } from "./runs.ts";

const program = ["run", "-A", "tests/faults/trainee.ts"];
const options = ["--dataset", "strokes", "--backend", "webgpu", "--epochs", "3", "--lose", "1"];

const epochsIn = (folder: string): number | null => {
  const rows = fromJsonLines("metrics", Deno.readTextFileSync(`${folder}/metrics.jsonl`));
  assert(rows._tag === "Right");
  assertEquals(rows.right.filter(({ name }) => name === "loss").length, 3);
  return rows.right.at(-1)?.epoch ?? newest(rows.right, "loss");
};

Deno.test({
  ...needsGpu("a GPU that is lost ends a run, which goes on by hand elsewhere"),
  fn: () =>
    inFolder(async (folder) => {
      const out = `${folder}/run`;
      const lost = await deno(...program, ...options, "--out", out);
      assertEquals(lost.code, 1);
      assertMatch(lost.err, /Cannot go on with the GPU: the device was lost/);
      assertMatch(
        lost.out,
        new RegExp(`Go on with: deno run -P pipelines/trainee.ts --resume ${out}`),
      );
      const resumed = await deno(...program, "--resume", out, "--backend", "wasm");
      assertEquals([resumed.code, resumed.err], [0, ""]);
      assertMatch(resumed.out, /^Goes on after epoch 1 of 3\n/);
      assertEquals(epochsIn(out), 3);
      const config = JSON.parse(Deno.readTextFileSync(`${out}/config.json`));
      assertEquals([config.backend.name, config.resumed], ["wasm", [{ epoch: 1 }]]);
    }),
});

Deno.test({
  ...needsGpu("a GPU that is lost is done without, where the user wants it"),
  fn: () =>
    inFolder(async (folder) => {
      const out = `${folder}/run`;
      const done = await deno(...program, ...options, "--on-gpu-loss", "wasm", "--out", out);
      assertEquals(done.code, 0);
      assertMatch(done.out, /The GPU failed: the device was lost .*Goes on with wasm/);
      assertMatch(done.out, /3 epochs on strokes, in \d+ s on wasm/);
      assertEquals(epochsIn(out), 3);
    }),
});
