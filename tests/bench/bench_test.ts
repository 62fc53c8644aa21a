/**
 * The benchmarks in a short form, so that they keep working. No time makes a test fail.
 */
import { prepareDrivers, startBackend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { type Effort, measure } from "./measure.ts";
import { summarise } from "./summary.ts";
import { showTime, table } from "../../pipelines/cli/text.ts";
import { deno, withFolder } from "../pipelines/process.ts";
import { right } from "../pipelines/tiny.ts";
import { sharedTest } from "../shared.ts";

const run = ["run", "-P=test", "--lock=tests/deno.lock"];

const bench = (...options: readonly string[]) => deno(...run, "tests/bench/bench.ts", ...options);

/** Names of the subjects on a device, in order. */
const onDevice = [
  ...["training step", "epoch", "encoding", "kernels", "information, neural"],
  "search on webgpu",
];
/** Names of all subjects, in order. */
const all = [
  ...["training step", "training batch", "epoch", "encoding", "encoding on the host", "kernels"],
  ...["information", "information, neural", "search", "search of an index", "decoding"],
];

/** The subjects of a short run; fails unless each of its lines holds what was measured. */
async function measuredSubjects(backend: string, ...options: readonly string[]) {
  const { code, out, err } = await bench("--short", "--json", "--backend", backend, ...options);
  assertEquals([code, err], [0, ""]);
  const rows = out.trim().split("\n").map((line) => JSON.parse(line));
  for (const row of rows) {
    assert(["host", backend].includes(row.backend), row.case);
    assert(0 < row.lower && row.lower <= row.median && row.median <= row.upper, row.case);
    assert(row.samples === 1 && row.calls === 1 && row.machine.cores >= 1, row.case);
  }
  assertEquals(new Set(rows.map((row) => `${row.subject} ${row.case}`)).size, rows.length);
  return [...new Set(rows.map((row) => row.subject))];
}

for (const backend of ["wasm", "cpu"]) {
  Deno.test(`the benchmarks run on ${backend}`, async () => {
    assertEquals(await measuredSubjects(backend), all);
  });
}

prepareDrivers();
const hasAdapter = (await navigator.gpu?.requestAdapter().catch(() => null) ?? null) !== null;
// One by one: a software adapter compiles for seconds.
for (const subject of onDevice) {
  Deno.test({
    name: `the benchmarks run on webgpu: ${subject}` +
      (hasAdapter ? "" : " (no WebGPU adapter: apt install mesa-vulkan-drivers)"),
    ignore: !hasAdapter && Deno.env.get("CI") !== "true",
    fn: async () => {
      const subjects = await measuredSubjects("webgpu", "--filter", subject);
      assertEquals(subjects.filter((name) => name === subject), [subject]);
    },
  });
}

Deno.test("the benchmarks print a table, and write JSON lines beside it", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(folder, { recursive: true });
    const file = `${folder}/results.jsonl`;
    const options = ["--short", "--backend", "cpu", "--filter", "column sums", "--out", file];
    const { code, out } = await bench(...options);
    assertEquals(code, 0);
    assertStringIncludes(out, "kernels               backend");
    const lines = (await Deno.readTextFile(file)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(lines.map((line) => line.case), ["column sums 16 × 512"]);
  }));

Deno.test("the benchmarks refuse what they do not know", async () => {
  const refused = await bench("--rouns", "3");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "--rouns");
  const nothing = await bench("--short", "--backend", "cpu", "--filter", "no such thing");
  assertEquals(nothing.code, 1);
  assertStringIncludes(nothing.err, "no such thing");
});

Deno.test("the benchmarks and the peers say what they can be told", async () => {
  for (const name of ["bench", "peers"]) {
    const { code, out } = await deno(...run, `tests/bench/${name}.ts`, "--help");
    assertEquals(code, 0);
    for (const flag of ["--filter", "--rounds", "--data", "--out"]) assertStringIncludes(out, flag);
    assertStringIncludes(out, `deno task bench${name === "peers" ? ":peers" : ""} -- [options]`);
  }
});

sharedTest(
  "the peers that are missing are skipped by name",
  "mnist",
  () =>
    withFolder(async (folder) => {
      await Deno.mkdir(folder, { recursive: true });
      const options = ["--peers", folder, "--filter", "step", "--rounds", "2", "--steps", "1"];
      const { code, out } = await deno(...run, "tests/bench/peers.ts", ...options);
      assertEquals(code, 0);
      for (const peer of ["TensorFlow.js", "jax-js", "torch"]) {
        assertStringIncludes(out, `Skipped ${peer}: no `);
      }
      assert(/^Sparrow, wasm, 2 threads .* × 1\.00$/m.test(out), out);
    }),
);

const effort: Effort = { rounds: 2, sample: 0, most: 1000 };

Deno.test("cases take turns, after a call of warm-up each", async () => {
  const backend = right(await startBackend("cpu")());
  const calls: string[] = [];
  const one = (name: string) => ({
    name,
    prepare: () => ({
      call: () => calls.push(name),
      dispose: () => calls.push(`${name} disposed`),
    }),
  });
  const results = await measure([one("a"), one("b")], backend, effort);
  assertEquals(calls.join(), "a,b,a,b,a,b,a disposed,b disposed");
  assertEquals(results.map(({ name, samples }) => [name, samples]), [["a", 2], ["b", 2]]);
});

Deno.test("a call that is too quick for a sample is made often, and its time is that of one", async () => {
  const backend = right(await startBackend("cpu")());
  const call = () => {
    for (const begun = performance.now(); performance.now() - begun < 1;);
  };
  const [{ calls, time }] = await measure(
    [{ name: "a millisecond", prepare: () => ({ call, dispose: () => {} }) }],
    backend,
    { ...effort, sample: 10 },
  );
  // However busy the machine, a call takes its millisecond at least.
  assert(calls >= 1 && calls <= 10, `${calls} calls`);
  assert(time.lower >= 1, `${time.lower} ms`);
});

Deno.test("a case that leaks tensors is refused by name", async () => {
  const backend = right(await startBackend("cpu")());
  const kept: tf.Tensor[] = [];
  const leaky = {
    name: "a leaky one",
    prepare: () => ({ call: () => kept.push(tf.scalar(1)), dispose: () => {} }),
  };
  await assertRejects(() => measure([leaky], backend, effort), Error, "a leaky one");
  tf.dispose(kept);
});

Deno.test("quartiles are interpolated; of nothing there are none", () => {
  assertEquals(summarise([5, 1, 3, 9]), { lower: 2.5, median: 4, upper: 6 });
  assertEquals(summarise([7]), { lower: 7, median: 7, upper: 7 });
  assertThrows(() => summarise([]), RangeError, "at least one value");
});

Deno.test("a table is aligned, the first column to the left", () => {
  assertEquals(table([["case", "ms"], ["step", "12.5"]]), "case    ms\nstep  12.5");
  assertEquals([0.0123, 4.56, 12_300].map(showTime), ["12.3 µs", "4.56 ms", "12.3 s"]);
});
