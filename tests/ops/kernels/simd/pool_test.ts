import * as fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../../graph/rng.ts";
import { startBackend } from "../../../../ops/backend.ts";
import { gatherFloatsOnWasm } from "../../../../ops/kernels/gather.ts";
import { plain, relaxed } from "../../../../ops/kernels/simd/binary.ts";
import { type Simd, simdOf } from "../../../../ops/kernels/simd/module.ts";
import { withSharedMemory } from "../../../../ops/kernels/simd/shared_memory.ts";
import { linear } from "../../../../ops/layers.ts";
import { type BackendWasm, tf } from "../../../../ops/tfjs.ts";
import { assert, assertEquals, assertThrows } from "../../../assert.ts";
import { deno, root, withFolder } from "../../../pipelines/process.ts";
import { right } from "../../../pipelines/tiny.ts";

// In a file of its own: the memory of tfjs's wasm backend is shared or not from its start on.
const start = async () => {
  right(await startBackend("wasm", { threads: 3 })());
  const simd = simdOf(tf.backend());
  assert(simd !== null && simd.threads === 3);
  const heap = () => (tf.backend() as BackendWasm & Heap).wasm.HEAPU8.buffer;
  return { simd, heap };
};

interface Heap {
  readonly wasm: { readonly HEAPU8: Uint8Array };
}

/** A test in which workers run, which end by themselves. */
const onThreads = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });

const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

Deno.test("a module's memory is marked as shared, and nothing else of it is changed", () => {
  for (const module of [plain, relaxed].map(bytesOf)) {
    const shared = withSharedMemory(module);
    assert(shared !== null);
    assertEquals(shared.filter((byte, i) => byte !== module[i]).length, 1);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    new WebAssembly.Instance(new WebAssembly.Module(shared), { env: { memory } });
  }
  // (module): no memory. Then one of its own without a maximum, and one with: 1 to 2 pages.
  const header = [0, 97, 115, 109, 1, 0, 0, 0];
  assertEquals(withSharedMemory(Uint8Array.from(header)), null);
  assertEquals(withSharedMemory(Uint8Array.of(...header, 5, 3, 1, 0, 1)), null);
  assertEquals(
    withSharedMemory(Uint8Array.of(...header, 5, 4, 1, 1, 1, 2)),
    Uint8Array.of(...header, 5, 4, 1, 3, 1, 2),
  );
});

onThreads(
  "floats that are gathered by three threads are those of the formula, to the bit",
  async () => {
    await start();
    const [size, count] = [401, 1000];
    const floats = Float32Array.from({ length: count * size }, (_, i) => Math.sin(i));
    const scales = Float32Array.from({ length: 2 * size }, (_, i) => 1 + Math.cos(i));
    const picks = Uint32Array.from({ length: count }, (_, i) => 7 * i % count);
    const rows = gatherFloatsOnWasm(floats, size, picks, scales)!;
    const expected = new Float32Array(count * size);
    const { fround } = Math;
    for (let at = 0; at < expected.length; at++) {
      const [row, i] = [Math.floor(at / size), at % size];
      expected[at] = fround(floats[picks[row] * size + i] - scales[i]) * scales[size + i];
    }
    assertEquals(await rows.data<"float32">(), expected);
    rows.dispose();
  },
);

onThreads("whatever is computed in parts is the same bits as in one", async () => {
  const { simd: { inParts, workspace }, heap } = await start();
  const [size, seeds] = [fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })];
  const shape = fc.record({ m: size, n: size, k: fc.oneof(size, fc.constant(300)), seeds });
  await fc.assert(
    fc.asyncProperty(shape, async ({ m, n, k, seeds }) => {
      // a, b and c behind each other, and after them workspaces of three threads.
      const [a, b, c] = [0, m * k, m * k + k * n].map((floats) => 4 * floats);
      const [end, bytes] = [c + 4 * Math.max(m, k) * n + 8 * m, 64 * (k + n) + 256];
      const base = workspace(end + 64 + 3 * bytes);
      const work = base + 64 * Math.ceil(end / 64);
      const [noise] = draw(
        seed(seeds),
        ({ unit }) => Float32Array.from({ length: c / 4 }, () => unit() < 0.4 ? unit() - 0.5 : 0),
      );
      const once = <Name extends keyof Simd>(
        name: Name,
        args: Parameters<Simd[Name]>,
        parting: Parameters<typeof inParts>[2],
        threads: boolean,
      ) => {
        new Float32Array(heap(), base, end / 4).fill(NaN);
        new Float32Array(heap(), base, c / 4).set(noise);
        inParts(name, args, parting, threads ? Infinity : 0);
        return new Float32Array(heap(), base, end / 4).slice();
      };
      const check = <Name extends keyof Simd>(
        name: Name,
        args: Parameters<Simd[Name]>,
        rowsAt: number,
        growth: Readonly<Record<number, number>>,
        workAt?: number,
      ) => {
        const own = workAt === undefined ? {} : { work: { at: workAt, bytes } };
        const parting = { rowsAt, growth, ...own };
        assertEquals(once(name, args, parting, true), once(name, args, parting, false), name);
      };
      const [x, y, z] = [a, b, c].map((address) => base + address);
      const [row, to] = [4 * k, 4 * n];
      check("gemm", [m, n, k, x, k, 1, y, n, 1, 0, z, work], 0, { 3: row, 10: to }, 11);
      check("plainTimes", [m, n, k, x, y, 0, z, work], 0, { 3: row, 6: to }, 7);
      // The gradient of [m, n] in place of the weights.
      const grow = { 5: 1, 7: to };
      if (m <= k) check("plainTransposedTimes", [m, n, k, x, y, 0, k, z, work], 6, grow, 8);
      const winners = Math.ceil(k / 10);
      // As many winners as units have no edge.
      if (k <= n && winners < k) {
        const edges = z + 4 * m * k;
        const grow = { 0: row, 4: 8, 5: row };
        check("hardKwta", [x, m, k, winners, edges, z, work], 1, grow, 6);
        const soft = { 0: row, 5: 8, 6: row };
        check("softKwta", [x, m, k, winners, 3, edges, z, work], 1, soft, 7);
      }
      // Lets the workers start, and end.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }),
    { numRuns: 100, interruptAfterTimeLimit: 8000 },
  );
});

onThreads("memory that grows is seen by all threads", async () => {
  await start();
  for (const side of [64, 700, 1500]) {
    const [a, b] = [tf.fill([side, side], 0.5), tf.fill([side, 64], 2)] as tf.Tensor2D[];
    const product = tf.tidy(() => linear(a, b));
    const values = product.dataSync();
    assert(values.every((value) => value === side));
    tf.dispose([a, b, product]);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});

onThreads("a part that fails is an error, and the next call works", async () => {
  const { simd: { inParts, workspace } } = await start();
  const work = workspace(4096);
  const beyond = 2 ** 32 - 8;
  const [parting, args] = [{ rowsAt: 1, growth: {} }, [beyond, 8, 64, work] as const];
  for (let i = 0; i < 3; i++) {
    assertThrows(
      () => inParts("columnSums", [...args], parting, Infinity),
      WebAssembly.RuntimeError,
    );
    inParts("columnSums", [work + 1024, 8, 64, work], parting, Infinity);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

Deno.test("a program that has used threads ends by itself, and needs no permission", () =>
  withFolder(async (folder) => {
    const program = `
    import { linear } from "${root}ops/layers.ts";
    import { startBackend } from "${root}ops/backend.ts";
    import { tf } from "${root}ops/tfjs.ts";
    await startBackend("wasm", { threads: 4 })();
    const [a, b] = [tf.ones([512, 512]), tf.ones([512, 64])];
    for (let i = 0; i < 5; i++) {
      const [first] = linear(a, b).dataSync();
      if (first !== 512) throw new Error(first);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log("done");`;
    await Deno.mkdir(`${root}${folder}`, { recursive: true });
    await Deno.writeTextFile(`${root}${folder}/program.ts`, program);
    const { code, out, err } = await deno("run", "--no-check", `${folder}/program.ts`);
    assertEquals([code, out.trim(), err], [0, "done", ""]);
  }));
