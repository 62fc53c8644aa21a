import { describe } from "../../../graph/error.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import { retrievalScores } from "../../../ops/metrics/retrieval.ts";
import { tf } from "../../../ops/tfjs.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import { readOptions } from "../../../pipelines/cli/options.ts";
import { flags } from "../../../pipelines/held_out_classes.ts";
import {
  compareWays,
  encoderWays,
  type Judged,
} from "../../../pipelines/studies/held_out/compare.ts";
import { heldOutPage, recordOf, resultTable } from "../../../pipelines/studies/held_out/page.ts";
import { retrieveByTask } from "../../../pipelines/studies/held_out/retrieval.ts";
import { mean } from "../../../pipelines/report/format.ts";
import { loadMnist } from "../../../pipelines/data/mnist.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { random } from "../../ops/codes/sets.ts";
import { deno, root, start, withFolder } from "../process.ts";
import { digits, envOn, left, right } from "../tiny.ts";

const env = quietEnv(
  {
    name: "cpu",
    adapter: null,
    fault: () => null,
  } as Parameters<typeof quietEnv>[0],
);

Deno.test("without ties MAP@R and precision at 1 are those of retrievalScores, query by query", async () => {
  const count = 60;
  // No two distances are equal: random directions in the plane.
  const values = Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(i * i + 0.3 * i));
  const embeddings: Embeddings = { kind: "dense", count, width: 2, values };
  const labels = Array.from({ length: count }, (_, i) => (i * 7) % 3);
  const found = right(await retrieveByTask({ embeddings, labels }, [2], env));
  const { unseen, seen } = found;
  const whole = retrievalScores({ embeddings, labels })!;
  const over = (name: "mapAtR" | "precisionAt1") =>
    (unseen![name] * unseen!.queries + seen![name] * seen!.queries) / count;
  assertEquals([unseen!.queries, seen!.queries], [20, 40]);
  assertAlmostEquals(over("mapAtR"), whole.meanAveragePrecision, 1e-12);
  assertAlmostEquals(over("precisionAt1"), whole.precisionAt1, 1e-12);
});

Deno.test("what is asked for is looked for among all, or among the unseen classes alone", async () => {
  // Two unseen classes; the items of 8 lie together, one of 9 lies with those of class 0.
  const at = (...angles: readonly number[]): Embeddings => ({
    kind: "dense",
    count: angles.length,
    width: 2,
    values: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
  });
  const labels = [8, 8, 9, 9, 0, 0];
  const embeddings = at(0, 0.1, 1.6, 2.9, 3, 3.05);
  const { unseen, seen, among } = right(await retrieveByTask({ embeddings, labels }, [8, 9], env));
  // Each finds the other of its class first, but for the 9 at 2.9: two of class 0 are nearer to it.
  assertAlmostEquals(unseen!.map, (1 + 1 + 1 + 1 / 3) / 4, 1e-12);
  assertEquals(among!.map, 1);
  assertEquals(seen!.map, 1);
  assertEquals([unseen!.queries, seen!.queries, among!.queries], [4, 2, 4]);
  assertEquals(right(await retrieveByTask({ embeddings, labels }, [5], env)).unseen, null);
});

Deno.test("codes and the same codes as numbers are ranked alike", async () => {
  const codes = random(80, 64, 6);
  const labels = Array.from({ length: 80 }, (_, i) => i % 4);
  const values = new Float32Array(80 * 64);
  for (let i = 0; i < 80; i++) {
    for (let u = 0; u < 64; u++) {
      values[i * 64 + u] = (codes.words[2 * i + (u >> 5)] >>> (u & 31)) & 1;
    }
  }
  const dense: Embeddings = { kind: "dense", count: 80, width: 64, values };
  const found = right(await retrieveByTask({ embeddings: codes, labels }, [3], env));
  assertEquals(right(await retrieveByTask({ embeddings: dense, labels }, [3], env)), found);
  const stopped = await retrieveByTask({ embeddings: codes, labels }, [3], {
    ...env,
    signal: AbortSignal.abort(),
  });
  assertEquals(left(stopped)._tag, "Interrupted");
});

Deno.test("every way is judged once per seed, tensors are given back, and it is the same again", async () => {
  const tiny = await envOn("wasm");
  const before = tf.memory().numTensors;
  const comparison = { dataset: await digits(), unseen: [8, 9], epochs: 1 };
  const judged = right(await compareWays(comparison, [1, 2], tiny));
  assertEquals(judged.map(({ name, trainedOn }) => [name, trainedOn]), [
    ["pixels", "nothing"],
    ["untrained", "nothing"],
    ["triplet", "seen"],
    ["triplet", "all"],
    ["supcon", "seen"],
    ["supcon", "all"],
  ]);
  for (const { name, found } of judged) {
    for (const task of Object.values(found)) {
      for (const values of Object.values(task)) {
        assertEquals(values.length, name === "pixels" ? 1 : 2);
        for (const value of values) assert(value > 0 && value <= 1);
      }
    }
  }
  const [, untrained, , , seen] = judged;
  assert(mean(seen.found.seen.map) > mean(untrained.found.seen.map) + 0.1);
  const [again] = right(await compareWays(comparison, [2], tiny)).slice(4);
  assertEquals(again.found.unseen.map, [seen.found.unseen.map[1]]);
  const gone = await compareWays(comparison, [1], { ...tiny, signal: AbortSignal.abort() });
  assertEquals(left(gone)._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("an encoder of the seen classes is the same whatever the unseen images are", async () => {
  const tiny = await envOn("wasm");
  const dataset = await digits();
  const { train } = dataset;
  const size = train.values.length / train.count;
  const other = train.values.map((byte, i) =>
    train.labels[Math.floor(i / size)] >= 8 ? 255 - byte : byte
  );
  const judge = async (pixels: Uint8Array) => {
    const changed = { ...dataset, train: { ...train, values: Uint8Array.from(pixels) } };
    const judged = right(
      await compareWays({ dataset: changed, unseen: [8, 9], epochs: 1 }, [3], tiny),
    );
    return judged.map(({ found }) => found);
  };
  const [mine, theirs] = [await judge(train.values), await judge(other)];
  for (const way of [0, 1, 2, 4]) assertEquals(mine[way], theirs[way]);
  for (const way of [3, 5]) assert(mine[way].seen.map[0] !== theirs[way].seen.map[0]);
});

Deno.test("classes that there are not, or all of them, cannot be held out", async () => {
  const dataset = await digits();
  for (const unseen of [[10], [], [1, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const ways = encoderWays({ dataset, unseen, epochs: 1 });
    assertStringIncludes(describe(left(ways)), "Cannot use classes: expected");
  }
});

sharedTest(
  "held-out digits of MNIST are found better than by chance after two epochs",
  "mnist",
  async () => {
    const { pathname } = shared("mnist/");
    const mnist = right(await loadMnist({ data: pathname }, denoDataEnv)());
    const dataset = take(mnist, 1000);
    const comparison = { dataset, unseen: [8, 9], epochs: 2 };
    const judged = right(await compareWays(comparison, [26], await envOn("wasm")));
    const of = (name: string, trainedOn: string) =>
      judged.find((way) => way.name === name && way.trainedOn === trainedOn)!.found;
    // A random ranking has the mAP of a class's part of the images, a tenth, and of a half among two.
    for (const { found } of judged) {
      assert(found.unseen.map[0] > 0.15);
      assert(found.among.map[0] > 0.52);
    }
    assert(of("supcon", "seen").seen.map[0] > of("untrained", "nothing").seen.map[0] + 0.2);
    assert(of("supcon", "all").unseen.map[0] > of("supcon", "seen").unseen.map[0] + 0.05);
  },
);

Deno.test("the command line: what is read, and what is refused", () => {
  const read = (...args: readonly string[]) => readOptions(flags, args);
  const { "hold-out": heldOut, seeds, epochs } = right(read());
  assertEquals([heldOut, seeds, epochs], [[8, 9], [26, 1, 2], 20]);
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--hold-out", "8,8"], "Cannot use --hold-out: expected different integers from 0 to 255"],
    [["--hold-out", "eight"], 'current value is "eight"'],
    [["--seeds", "4294967296"], "Cannot use --seeds: "],
    [["--seeds", "1,"], "Cannot use --seeds: "],
    [["--epochs", "0"], "Cannot use --epochs: "],
    [["--seed", "1"], "Cannot use --seed: expected one of --hold-out"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(describe(left(read(...args))), message);
  }
});

Deno.test("the record and the page hold every way, and what is not finite is null", async () => {
  const found = (values: readonly number[]): Judged["found"] => {
    const task = { map: values, mapAtR: values, precisionAt1: values };
    return { unseen: task, seen: task, among: { ...task, map: [NaN] } };
  };
  const judged: readonly Judged[] = [
    { name: "pixels", trainedOn: "nothing", found: found([0.25]) },
    { name: "supcon", trainedOn: "seen", found: found([0.5, 0.75]) },
  ];
  const circumstances = {
    dataset: { ...await digits(), notice: "not <MNIST>" },
    unseen: [9],
    epochs: 2,
    seeds: [1, 2],
    backend: { name: "wasm", adapter: null } as const,
  };
  const record = JSON.parse(JSON.stringify(recordOf(judged, circumstances, 2.5)));
  assertEquals([record.config.held_out, record.config.epochs, record.ways.length], [["9"], 2, 2]);
  assertEquals([record.seconds, record.config.dataset.notice], [2.5, "not <MNIST>"]);
  assertEquals(record.ways[1].measured[0], {
    task: "unseen",
    quantity: "map",
    values: [0.5, 0.75],
    mean: 0.625,
    sd: Math.sqrt(2 * 0.125 ** 2),
  });
  assertEquals(
    record.ways[0].measured.find((one: { task: string }) => one.task === "among").mean,
    null,
  );
  assertStringIncludes(resultTable(judged), "supcon     seen classes  0.6250 ± 0.1768");
  const page = heldOutPage(judged, circumstances);
  for (const text of ["not &lt;MNIST&gt;", "0.6250 ± 0.1768", 'id="retrieval"']) {
    assertStringIncludes(page, text);
  }
  assert(!/undefined|<script/.test(page));
});

const run = ["run", "-P", "pipelines/held_out_classes.ts", "--dataset", "strokes"];
const short = ["--images", "300", "--epochs", "1", "--seeds", "1", "--backend", "wasm"];

Deno.test("the program leaves its record and its page, and does not overwrite them", () =>
  withFolder(async (folder) => {
    const { code, err, out } = await deno(...run, ...short, "--hold-out", "3", "--out", folder);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, "supcon     seen classes      0.");
    assertStringIncludes(out, "Without 3 of strokes, in ");
    assertStringIncludes(out, `${folder}: held_out.json, held_out.html`);
    const { config, ways } = JSON.parse(Deno.readTextFileSync(`${root}${folder}/held_out.json`));
    assertEquals([config.held_out, config.seeds, ways.length], [["3"], [1], 6]);
    assertStringIncludes(
      Deno.readTextFileSync(`${root}${folder}/held_out.html`),
      "Retrieval of classes that were held out",
    );
    const again = await deno(...run, ...short, "--out", folder);
    assertEquals(again.code, 2);
    assertStringIncludes(again.err, "expected a folder without held_out.json");
  }));

Deno.test("wrong usage exits with 2, a class that there is not with 1, Ctrl-C with 130", async () => {
  const [usage, unknown] = await Promise.all([
    deno(...run, "--hold-out", "-1"),
    deno(...run, ...short, "--hold-out", "10"),
  ]);
  assertEquals([usage.code, unknown.code], [2, 1]);
  assertStringIncludes(usage.err, 'current value is "-1". See --help');
  assertStringIncludes(
    unknown.err,
    "Cannot use classes: expected different indices of strokes's classes",
  );
  const running = start(...run, "--images", "300");
  await running.until("pixels");
  running.kill("SIGINT");
  const { code, err } = await running.finished;
  assertEquals(code, 130);
  assertStringIncludes(err, "Nothing was written");
});
