import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { loadCodes, readCodes, saveCodes, writeCodes } from "../../../pipelines/files/codes.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { writeNpz } from "../../../pipelines/files/npz.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { codesOf, random, setsOf } from "../../ops/codes/sets.ts";
import { withFolder } from "../process.ts";
import { left, right } from "../tiny.ts";

const labelled = setsOf(1).chain(([codes]) =>
  fc.option(
    fc.array(fc.integer(), { minLength: codes.count, maxLength: codes.count }).map((labels) =>
      Int32Array.from(labels)
    ),
  ).map((labels) => ({ codes, labels }))
);

/** Three codes of 70 units, with labels. */
const example = {
  codes: codesOf([[0, 31, 32, 69], [], [5]], 70),
  labels: Int32Array.of(3, -7, 2 ** 31 - 1),
};

const bytesOf = async (file: typeof example) => right(await writeCodes(file)());

Deno.test("codes and labels come back; the same codes are the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(labelled, async (file) => {
      const bytes = right(await writeCodes(file)());
      assertEquals(right(await readCodes("codes.npz", bytes)()), file);
      assertEquals(right(await writeCodes(file)()), bytes);
    }),
    { numRuns: 30 },
  );
});

Deno.test("codes bring the SHA-256 of their model with them, from the origins or without any", async () => {
  const model = "0123456789abcdef".repeat(4);
  const codes = { ...example.codes, model };
  const file = { ...example, codes };
  assertEquals(right(await readCodes("codes.npz", await bytesOf(file))()), file);
  const origins = {
    model: { file: "m", sha256: model },
    inverted: false,
    classes: [],
    parts: [{ kind: "files", files: ["a", "b", "c"] }],
  } as const;
  const unnamed = { ...example, origins };
  assertEquals(right(await readCodes("codes.npz", await bytesOf(unnamed))()), { ...file, origins });
  const other = { ...origins, model: { file: "n", sha256: "0".repeat(64) } };
  const wrong = left(await writeCodes({ ...file, origins: other })());
  assertEquals([wrong._tag, wrong.option], ["InvalidOption", "codes"]);
  const arrays = {
    codes: { type: "<u4", shape: [1, 1], data: Uint32Array.of(1) },
    width: { type: "<u4", shape: [], data: Uint32Array.of(3) },
    model: { type: "|u1", shape: [2], data: Uint8Array.of(27, 91) },
  } as const;
  assertEquals(
    describe(left(await readCodes("codes.npz", await writeNpz(arrays))())),
    'Cannot use codes.npz: expected the model to be a SHA-256, current value is "\\u001b["',
  );
  const odd = {
    ...arrays,
    model: { type: "<i8", shape: [1], data: BigInt64Array.of(1n) },
  } as const;
  assertStringIncludes(
    describe(left(await readCodes("codes.npz", await writeNpz(odd))())),
    "expected the model to be uint8, current value is <i8",
  );
});

Deno.test("a file is saved and loaded; a folder that is not there is a typed error", () =>
  withFolder(async (folder) => {
    const path = `${folder}/codes.npz`;
    right(await saveCodes(path, example, denoFiles)());
    assertEquals(right(await loadCodes(path, denoFiles)()), example);
    const missing = left(await loadCodes(`${folder}/none.npz`, denoFiles)());
    assertEquals(missing._tag, "FileUnavailable");
    const short = { ...example, labels: Int32Array.of(1) };
    assertStringIncludes(
      describe(left(await saveCodes(path, short, denoFiles)())),
      "Cannot use labels: expected one per code, 3",
    );
  }));

/** A Python that has NumPy, or null. */
function pythonWithNumpy(): string | null {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const args = ["-c", "import numpy"];
      const { success } = new Deno.Command(python, { args, stderr: "null" }).outputSync();
      if (success) return python;
    } catch {
      // Not there.
    }
  }
  return null;
}
const python = pythonWithNumpy();

async function run(code: string, cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(python!, { args: ["-c", code], cwd })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "Python reads the codes in one line, and writes what we read" +
    (python === null ? " (needs a python3 with numpy, which is missing)" : ""),
  ignore: python === null && Deno.env.get("CI") !== "true",
  fn: () =>
    withFolder(async (folder) => {
      right(await saveCodes(`${folder}/codes.npz`, example, denoFiles)());
      const line = `bits = numpy.unpackbits((f := numpy.load("codes.npz"))["codes"].view("u1"), ` +
        `axis=1, count=f["width"], bitorder="little")`;
      const printed = await run(
        `import numpy\n${line}\nprint(bits.shape, [list(map(int, r.nonzero()[0])) for r in bits], ` +
          `f["labels"].tolist(), f["labels"].dtype)`,
        folder,
      );
      assertEquals(printed, "(3, 70) [[0, 31, 32, 69], [], [5]] [3, -7, 2147483647] int32");
      await run(
        `import numpy\n${line}\nnumpy.savez("bytes.npz", ` +
          `codes=numpy.packbits(bits, axis=1, bitorder="little"), width=70, ` +
          `labels=f["labels"].astype("i8"))\nnumpy.savez_compressed("small.npz", codes=bits)\n` +
          `numpy.savez("columns.npz", codes=numpy.asfortranarray(f["codes"]), width=70)`,
        folder,
      );
      assertEquals(right(await loadCodes(`${folder}/bytes.npz`, denoFiles)()), example);
      const compressed = left(await loadCodes(`${folder}/small.npz`, denoFiles)());
      assertStringIncludes(describe(compressed), "numpy.savez, not numpy.savez_compressed");
      const columns = left(await loadCodes(`${folder}/columns.npz`, denoFiles)());
      assertStringIncludes(describe(columns), "numpy.ascontiguousarray");
    }),
});

Deno.test("a file cut short anywhere is corrupt, and so is one with a wrong byte", async () => {
  const bytes = await bytesOf(example);
  for (let length = 0; length < bytes.length; length++) {
    const { _tag } = left(await readCodes("codes.npz", bytes.slice(0, length))());
    assertEquals(_tag, "CorruptFile");
  }
  let harmless = 0;
  for (let at = 0; at < bytes.length; at++) {
    const wrong = bytes.slice();
    wrong[at] ^= 1 << (at % 8);
    const read = await readCodes("codes.npz", wrong)();
    // Times and attributes of an entry, and what stands twice, may be anything: the codes may not.
    if (E.isRight(read)) {
      harmless++;
      assertEquals(read.right.codes, example.codes);
    } else assertEquals(read.left._tag, "CorruptFile");
  }
  assert(harmless < bytes.length / 3, `${harmless} of ${bytes.length}`);
});

Deno.test("no bytes whatever are read as codes, or throw", async () => {
  const bytes = await bytesOf(example);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(bytes.length),
      fc.nat(200),
      async (noise, at, cut) => {
        const spliced = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...noise,
          ...bytes.subarray(at + cut),
        ]);
        for (const any of [noise, spliced]) {
          const read = await readCodes("codes.npz", any)();
          if (E.isLeft(read)) assertEquals(read.left._tag, "CorruptFile");
          else assertEquals(read.right.codes.words.length, example.codes.words.length);
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a file that claims to be huge is refused before memory is taken", async () => {
  const bytes = await bytesOf({ codes: random(2000, 512, 26), labels: new Int32Array(2000) });
  const text = new TextDecoder("latin1").decode(bytes);
  const claims: Uint8Array[] = [];
  // The sizes of the first entry, in its own header and in the directory.
  for (const at of [text.indexOf("PK\x01\x02") + 20, text.indexOf("PK\x03\x04") + 18]) {
    const wrong = bytes.slice();
    new DataView(wrong.buffer).setUint32(at, 0x7fff_ffff, true);
    new DataView(wrong.buffer).setUint32(at + 4, 0x7fff_ffff, true);
    claims.push(wrong);
  }
  const billions = { type: "|u1", shape: [2 ** 31, 2 ** 21], data: new Uint8Array(64) } as const;
  const width = { type: "<u4", shape: [], data: Uint32Array.of(2 ** 24) } as const;
  claims.push(await writeNpz({ codes: billions, width }));
  for (const wrong of claims) {
    const before = Deno.memoryUsage();
    const read = await readCodes("codes.npz", wrong)();
    const after = Deno.memoryUsage();
    if (E.isLeft(read)) assertEquals(read.left._tag, "CorruptFile");
    // A file of 144 kB; the collector may not have run in between, hence megabytes.
    assert(after.external - before.external < 4e6, `${after.external - before.external} bytes`);
  }
});

Deno.test("arrays that do not fit each other are corrupt, and it is said which", async () => {
  const width = (value: number) =>
    ({ type: "<u4", shape: [], data: Uint32Array.of(value) }) as const;
  const words = (shape: readonly number[], ...data: readonly number[]) =>
    ({ type: "<u4", shape, data: Uint32Array.from(data) }) as const;
  for (
    const [arrays, message] of [
      [{ width: width(3) }, 'expected an array "codes", current value is width'],
      [{ codes: words([1, 1], 1) }, 'expected an array "width"'],
      [{ codes: words([1, 1], 1), width: width(0) }, "expected width"],
      [{ codes: words([1, 1], 1), width: width(40) }, "[count, 2]"],
      [{ codes: words([1], 1), width: width(3) }, "<u4 of [1]"],
      [{ codes: words([2, 1], 1, 8), width: width(3) }, "expected code 1"],
      [{ codes: words([1, 1], 1), width: width(3), labels: words([2], 1, 1) }, "1 labels"],
      [{ codes: words([1, 1], 1), width: width(3), labels: words([1], 2 ** 31) }, "label 0"],
    ] as const
  ) {
    const error = left(await readCodes("codes.npz", await writeNpz(arrays))());
    assertEquals(error._tag, "CorruptFile");
    assertStringIncludes(describe(error), message);
    assertStringIncludes(describe(error), "Cannot use codes.npz: ");
  }
});

Deno.test("values of active units come back, and those that do not fit are refused", async () => {
  const values = Float32Array.of(0.5, -1, 2, 3, 1e-9);
  const file = { ...example, values };
  const bytes = right(await writeCodes(file)());
  assertEquals(right(await readCodes("codes.npz", bytes)()), file);
  const wrong = [[values.slice(1), "one per active unit, 5"], [
    Float32Array.of(1, 2, NaN, 4, 5),
    "NaN at position 2",
  ]] as const;
  const { codes } = example;
  for (const [bad, words] of wrong) {
    assertStringIncludes(describe(left(await writeCodes({ ...example, values: bad })())), words);
    const forged = await writeNpz({
      codes: { type: "<u4", shape: [3, 3], data: codes.words },
      width: { type: "<u4", shape: [], data: Uint32Array.of(70) },
      values: { type: "<f4", shape: [bad.length], data: bad },
    });
    assertStringIncludes(describe(left(await readCodes("codes.npz", forged)())), words);
  }
  const bits = await writeNpz({
    codes: { type: "<u4", shape: [3, 3], data: codes.words },
    width: { type: "<u4", shape: [], data: Uint32Array.of(70) },
    values: { type: "|u1", shape: [5], data: new Uint8Array(5) },
  });
  assertStringIncludes(
    describe(left(await readCodes("codes.npz", bits)())),
    "expected values to be float32, current value is |u1",
  );
});

Deno.test("what orders equal codes, and the files' states, come back, and what does not fit is refused", async () => {
  const { codes } = example;
  const file = {
    ...example,
    activations: Int8Array.from({ length: 3 * 70 }, (_, i) => i % 255 - 127),
    thumbnails: Uint8Array.from({ length: 3 * 256 }, (_, i) => i),
    files: {
      contents: Uint8Array.from({ length: 3 * 32 }, (_, i) => i),
      stats: BigInt64Array.of(1n, 2n, 3n, 0n, 2n ** 40n, 1_700_000_000_000n),
    },
  };
  const bytes = right(await writeCodes(file)());
  assertEquals(right(await readCodes("codes.npz", bytes)()), file);

  // One array is too short for the writer, and of another shape, type or without its partner for the reader.
  for (
    const [wrong, words] of [
      [{ activations: new Int8Array(70) }, "Cannot use activations: expected 210, for 3 codes"],
      [{ thumbnails: new Uint8Array(256) }, "Cannot use thumbnails: expected 768, for 3 codes"],
      [{ files: { ...file.files, stats: new BigInt64Array(2) } }, "Cannot use stats: expected 6"],
      [{ files: { ...file.files, contents: new Uint8Array(31) } }, "Cannot use contents"],
    ] as const
  ) assertStringIncludes(describe(left(await writeCodes({ ...file, ...wrong })())), words);
  const good = {
    codes: { type: "<u4", shape: [3, 3], data: codes.words },
    width: { type: "<u4", shape: [], data: Uint32Array.of(70) },
  } as const;
  const [bytesOf, states] = [new Uint8Array(3 * 256), new BigInt64Array(6)];
  for (
    const [more, words] of [
      [{ activations: { type: "|i1", shape: [3, 69], data: new Int8Array(207) } }, "shape [3,70]"],
      [{ activations: { type: "|u1", shape: [3, 70], data: new Uint8Array(210) } }, "to be |i1"],
      [{ thumbnails: { type: "|u1", shape: [3, 256], data: bytesOf } }, "of shape [3,16,16]"],
      [{ thumbnails: { type: "|u1", shape: [2, 16, 16], data: new Uint8Array(512) } }, "[2,16,16]"],
      [{ stats: { type: "<i8", shape: [3, 2], data: states } }, "expected contents beside stats"],
      [
        { contents: { type: "|u1", shape: [3, 32], data: new Uint8Array(96) } },
        "expected stats beside contents",
      ],
    ] as const
  ) {
    const forged = await writeNpz({ ...good, ...more });
    assertStringIncludes(describe(left(await readCodes("codes.npz", forged)())), words);
  }
});
