/**
 * Runs the tests: first those that may share the processors, in parallel, then one after another those that must
 * be alone. `deno task test`; with arguments, such as the path of a file, it is `deno test` with these.
 *
 * Types are not checked here: `deno task check` does that, once for the whole project.
 *
 * @module
 */

/** Tests that would fail or make others fail if anything ran beside them, and why. */
const ALONE: Readonly<Record<string, string>> = {
  "tests/ops/profiler_test.ts": "compares times of kernels with each other",
  "tests/pipelines/dashboard/dashboard_test.ts": "allows an update 50 ms",
  "tests/pipelines/data/bytes_test.ts": "measures the memory of the process",
  "tests/pipelines/data/decode_image_test.ts": "measures the memory of the process",
  "tests/pipelines/data/environment_test.ts": "sets variables of the process",
  "tests/pipelines/data/tar_test.ts": "measures the memory of the process",
  "tests/pipelines/data/thumbnails_test.ts": "measures the memory of the process",
  "tests/pipelines/encode/encode_to_file_test.ts": "measures the memory of the process",
  "tests/pipelines/encode_interrupt_test.ts": "allows an interrupted program a second",
  "tests/pipelines/mnist_kwta_interrupt_test.ts": "allows an interrupted program a second",
};

const TEST = ["test", "--frozen", "--no-check", "-P=test", "--lock=tests/deno.lock"];

/**
 * Runs `deno test` in the project's root.
 *
 * @returns The exit code; 128 and more where a signal has ended the process.
 */
async function test(...args: readonly string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...TEST, ...args],
    cwd: new URL("..", import.meta.url),
    env: {
      // One more than there are processors: many tests wait for a program or a browser that they have started.
      DENO_JOBS: String(navigator.hardwareConcurrency + 1),
      // See `prepareDrivers` in ops/backend.ts: tests ask for adapters without it.
      ...Deno.build.os === "linux" ? { DENO_WEBGPU_BACKEND: "vulkan" } : {},
    },
  });
  return (await command.spawn().status).code;
}

async function all(): Promise<number> {
  const alone = Object.keys(ALONE);
  // See coverage.ts. Those that run alone measure time and memory, which counting would change.
  const folder = Deno.env.get("SPARROW_COVERAGE");
  const counted = folder === undefined
    ? []
    : (Deno.env.get("SPARROW_COVERED") ?? "tests").split(",");
  const codes: number[] = [];
  // .ci/run counts these lines.
  if (folder !== undefined) {
    console.log("Tests that run in parallel, and count what they cover");
    const into = [`--coverage=${folder}`, "--coverage-raw-data-only"];
    codes.push(await test("--parallel", ...into, `--ignore=${alone.join()}`, ...counted));
  }
  if (!counted.includes("tests")) {
    console.log("Tests that run in parallel");
    codes.push(await test("--parallel", `--ignore=${[...alone, ...counted].join()}`, "tests"));
  }
  console.log("Tests that run alone");
  codes.push(await test(...alone));
  // A test that fails counts more than a crash after the last one, which .ci/run may forgive.
  const failed = codes.filter((code) => code !== 0);
  return failed.find((code) => code < 128) ?? failed[0] ?? 0;
}

Deno.exit(await (Deno.args.length === 0 ? all() : test(...Deno.args)));
