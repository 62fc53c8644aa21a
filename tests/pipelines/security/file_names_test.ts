import { assert, assertEquals } from "../../assert.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Row } from "../../../pipelines/core/history.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import { pipeline } from "../../../pipelines/core/stage.ts";
import { checkpoint } from "../../../pipelines/stages/checkpoint.ts";
import { explain } from "../../../pipelines/stages/explain.ts";
import { report } from "../../../pipelines/stages/report.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { begin, digits, envOn, right, trainTiny } from "../tiny.ts";

const evil = "../../evil";

Deno.test("names that come from data, from metadata and from a history never lead out of the folder", async () => {
  const written: string[] = [];
  const files: Files = {
    ...denoFiles,
    list: () => () => Promise.resolve(E.right([])),
    remove: () => () => Promise.resolve(E.right(undefined)),
    write: (path) => {
      written.push(path);
      return () => Promise.resolve(E.right(undefined));
    },
  };
  const env = await envOn("cpu", { files });
  const good = await digits();
  const classes = good.classes.map((_, i) => `${evil}/${i}`);
  const dataset = { ...good, name: evil, classes, notice: evil };
  const row = (split: Row["split"], name: string): Row => ({
    ...{ epoch: 1, step: 10, split, name, value: 0.5 },
  });
  const layers = ["gradient_norm", "gradient_snr", "weight_distance", "sign_flips", "duty_cycle"];
  const planes = ["i_xt", "i_ty", "information_x", "information_y", "input", "target"];
  const names = [...layers, ...planes].flatMap((name) => [
    `${name}:${evil}`,
    `${name}:${evil}:/etc/passwd`,
    evil,
    "/etc/passwd",
  ]);
  const history = names.flatMap((
    name,
  ) => [row("train", name), row("test", name), row("run", name)]);
  const stages = pipeline(
    trainTiny(dataset),
    evaluate(dataset),
    explain(dataset),
    save("out", dataset),
    checkpoint("out"),
    report("out", { title: evil, dataset, config: { pipeline: evil } }),
  );
  const done = right(await stages({ ...begin(), history, saved: evil })(env)());
  assert(written.length > 8, written.join());
  const safe = /^out\/(figures\/|checkpoints\/)?[a-z][a-z0-9_-]*\.(svg|html|jsonl|safetensors)$/;
  assertEquals(written.filter((path) => !safe.test(path)), []);
  dispose(done);
});
