import { assert, assertEquals, assertMatch } from "../../../assert.ts";
import { deno, start } from "../../process.ts";

const program = ["run", "-P", "--allow-write", "pipelines/mnist_kwta.ts"];
const small = ["--dataset", "strokes", "--backend", "wasm", "--seed", "3"];

const untimed = (folder: string): readonly string[] =>
  Deno.readTextFileSync(`${folder}/metrics.jsonl`).split("\n")
    .filter((line) => !/_seconds|samples_per_second/.test(line));

Deno.test("ten epochs, and five, a kill and five more with --resume: the same weights and metrics", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-resume-" });
  const [straight, killed] = [`${folder}/straight`, `${folder}/killed`];
  try {
    const [whole] = await Promise.all([
      deno(...program, ...small, "--epochs", "10", "--out", straight),
      (async () => {
        const process = start(...program, ...small, "--epochs", "10", "--out", killed);
        await process.until("epoch  5/10");
        process.kill("SIGKILL");
        await process.finished;
      })(),
    ]);
    assertEquals([whole.code, whole.err], [0, ""]);
    // As a process leaves it that is killed while it writes.
    await Deno.writeTextFile(`${killed}/checkpoints/epoch_000009.safetensors.1a2b.tmp`, "half");
    const resumed = await deno(...program, "--resume", killed);
    assertEquals([resumed.code, resumed.err], [0, ""]);
    assertMatch(resumed.out, /^Goes on after epoch [56] of 10\n/);
    assertEquals(untimed(killed), untimed(straight));
    assertEquals(
      await Deno.readFile(`${killed}/model.safetensors`),
      await Deno.readFile(`${straight}/model.safetensors`),
    );
    const names = [...Deno.readDirSync(`${killed}/checkpoints`)].map(({ name }) => name);
    assert(names.every((name) => !name.endsWith(".tmp")));
    const again = await deno(...program, "--resume", killed);
    assertEquals([again.code, again.out], [
      0,
      `Nothing is left to do: ${killed} has all of 10 epochs\n`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what contradicts the run that goes on is refused before anything starts", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-resume-" });
  try {
    const config = { pipeline: "mnist_kwta", options: { seed: 3, epochs: 5, out: null } };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const refused = async (...args: readonly string[]) => {
      const { code, out, err } = await deno(...program, ...args);
      assertEquals([code === 0, out], [false, ""]);
      return `${code}: ${err.trim()}`;
    };
    const place = `${folder}/config.json`;
    // One after another: a folder is locked by the program that looks into it.
    const messages = [
      await refused("--resume", folder, "--seed", "4"),
      await refused("--resume", folder, "--epochs", "4"),
      await refused("--resume", folder, "--out", "runs/other"),
      await refused("--resume", `${folder}/none`),
    ];
    assertEquals(messages, [
      `2: Cannot use --seed: expected 3, as in ${place}: a run goes on as it was begun, current value is 4`,
      `2: Cannot use --epochs: expected at least 5, as in ${place}, current value is 4`,
      `2: Cannot use --out: expected nothing, as in ${place}: a run goes on as it was begun, current value is "runs/other"`,
      `1: Cannot read ${folder}/none/config.json: there is no such file. Check the path`,
    ]);
    await Deno.writeTextFile(place, "{");
    assertEquals(
      await refused("--resume", folder),
      `1: Cannot use ${place}: expected a JSON object`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Mounts a disk of a number of kilobytes; null where this machine lets nobody mount one. */
async function disk(kilobytes: number): Promise<string | null> {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-disk-" });
  const args = ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder];
  try {
    const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output();
    if (success) return folder;
  } catch { /* There is no mount. */ }
  await Deno.remove(folder);
  return null;
}

const smallDisk = await disk(1500);

Deno.test({
  name: "a disk that is full is found out before anything is trained",
  ignore: smallDisk === null,
  fn: async () => {
    const folder = `${smallDisk}/run`;
    try {
      const { code, out, err } = await deno(...program, ...small, "--out", folder);
      assertEquals([code, out], [1, ""]);
      assertMatch(err, /^Cannot write .*\/run\/checkpoints\/room\.tmp: No space left on device/);
      assertMatch(err, /needs \d+ MB there for its checkpoints: choose another folder with --out/);
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["checkpoints"]);
      assertEquals([...Deno.readDirSync(`${folder}/checkpoints`)], []);
    } finally {
      await new Deno.Command("umount", { args: [smallDisk!] }).output();
      await Deno.remove(smallDisk!);
    }
  },
});

/** A disk that nothing can be written to, not even by root, whom modes do not stop; null where none can be made. */
async function readOnlyDisk(): Promise<string | null> {
  const folder = await disk(1500);
  if (folder === null) return null;
  const args = ["-o", "remount,ro", folder];
  const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output();
  if (success) return folder;
  await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder);
  return null;
}

const sealedDisk = await readOnlyDisk();

Deno.test({
  name: "a folder that is read-only is found out before anything is trained",
  ignore: sealedDisk === null,
  fn: async () => {
    try {
      for (const folder of [sealedDisk!, `${sealedDisk}/run`]) {
        const { code, out, err } = await deno(...program, ...small, "--out", folder);
        assertEquals([code, out], [1, ""]);
        assertMatch(err, /^Cannot write .*: Read-only file system/);
        assertMatch(err, /Choose a folder that can be written to/);
      }
      assertEquals([...Deno.readDirSync(sealedDisk!)], []);
    } finally {
      await new Deno.Command("umount", { args: [sealedDisk!] }).output();
      await Deno.remove(sealedDisk!);
    }
  },
});
