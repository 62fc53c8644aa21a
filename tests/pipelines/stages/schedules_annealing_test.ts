import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { show } from "../../../graph/show.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { pipeline, pure, until } from "../../../pipelines/core/stage.ts";
import { annealWinners, graphAfterAnnealing } from "../../../pipelines/stages/schedules.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { envOn, left, right } from "../tiny.ts";

const options = { initial: 64, final: 4, epochs: 4 };

Deno.test("winners go linearly from the initial to the final number, and stay there", async () => {
  const env = await envOn("cpu");
  const encoder = graph`linear(8, 99) ▷ fanout(top_k(4), batch_top_k(4) ▷ kwta(0.05))`;
  const run = right(createRun({ graph: encoder, seed: 26 }));
  const seen: string[] = [];
  const stages = until(6)(pipeline(
    annealWinners(options),
    pure((run) => {
      seen.push(show(run.graph));
      return { ...run, epoch: run.epoch + 1 };
    }),
  ));
  dispose(right(await stages(run)(env)()));
  assertEquals(
    seen.map((text) => [...text.matchAll(/top_k\((\d+)/g)].map(([, k]) => Number(k))),
    [64, 49, 34, 19, 4, 4].map((k) => [k, k]),
  );
  // By the epochs done alone, so that a run that is resumed goes on as it would have.
  seen.forEach((text, epoch) =>
    assertEquals(show(graphAfterAnnealing(run.graph, epoch, options)), text)
  );
});

Deno.test("options that are no counts are refused", async () => {
  const env = await envOn("cpu");
  for (const wrong of [{ initial: 0 }, { final: 1.5 }, { epochs: 0 }]) {
    const run = right(createRun({ graph: graph`linear(8, 99) ▷ top_k(4)`, seed: 26 }));
    const error = left(await annealWinners({ ...options, ...wrong })(run)(env)());
    assertStringIncludes(describe(error as Parameters<typeof describe>[0]), Object.keys(wrong)[0]);
    dispose(run);
  }
});
