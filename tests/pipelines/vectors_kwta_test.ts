import { encodeVectors } from "../../ops/codes/coders.ts";
import { unitVectors } from "../../ops/codes/vectors.ts";
import { loadCoder } from "../../pipelines/files/coder.ts";
import { loadCodes } from "../../pipelines/files/codes.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { rows, vectorsOf } from "../ops/codes/float_vectors.ts";
import { deno, withFolder } from "./process.ts";
import { right } from "./tiny.ts";

const program = ["run", "-P=test", "--no-check", "pipelines/vectors_kwta.ts"] as const;

const lines = ({ count, width, values }: ReturnType<typeof vectorsOf>): string =>
  Array.from(
    { length: count },
    (_, i) => JSON.stringify([...values.subarray(i * width, (i + 1) * width)]) + "\n",
  ).join("");

Deno.test("the program trains, measures, recommends, and writes codes that its coder makes", () =>
  withFolder(async (folder) => {
    const all = vectorsOf(420, 16, 4);
    const [vectors, queries] = [rows(all, 0, 400), rows(all, 400, 420)];
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/vectors.jsonl`, lines(vectors));
    await Deno.writeTextFile(`${folder}/queries.jsonl`, lines(queries));
    const { code, out, err } = await deno(
      ...program,
      `${folder}/vectors.jsonl`,
      ...["--queries", `${folder}/queries.jsonl`, "--epochs", "1", "--bytes", "8", "--seed", "3"],
      ...["--backend", "wasm", "--out", `${folder}/out`],
    );
    assertEquals(code, 0, err);
    assertStringIncludes(out, "winners, trained");
    assertStringIncludes(out, "Recommended: ");
    assertStringIncludes(out, "looked at once: recall@1 ");
    const record = JSON.parse(await Deno.readTextFile(`${folder}/out/vectors.json`));
    assertEquals([record.config.seed, record.base], [3, 360]);
    // So few vectors are all compared.
    assertEquals(record.lists.map((row: { recallAt10: number }) => row.recallAt10), [1]);
    assert(record.chosen.bytes <= 8 && record.queries.recallAt10 > 0.8);
    const coder = right(await loadCoder(`${folder}/out/coder.safetensors`)());
    const { codes } = right(await loadCodes(`${folder}/out/codes.npz`)());
    assertEquals(codes, encodeVectors(coder, right(unitVectors(vectors))));
    const model = right(await loadModel(`${folder}/out/model.safetensors`)());
    assertEquals(model.input, [16]);
    assert(!/NaN|undefined|<script/.test(await Deno.readTextFile(`${folder}/out/vectors.html`)));
  }));

Deno.test("the program refuses files and options that do not fit, in words", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(folder, { recursive: true });
    const file = `${folder}/vectors.jsonl`;
    const run = async (text: string, ...args: string[]) => {
      await Deno.writeTextFile(file, text);
      const { code, err } = await deno(...program, file, "--out", `${folder}/out`, ...args);
      return `${code}: ${err}`;
    };
    const one = lines(vectorsOf(1, 4, 1));
    const [few, nan, wide, alone] = await Promise.all([
      run(one),
      deno(...program, `${folder}/none.npy`, "--out", `${folder}/o2`).then(({ code, err }) =>
        `${code}: ${err}`
      ),
      deno(...program, file, "--recall", "2").then(({ code, err }) => `${code}: ${err}`),
      deno(...program, file, "--neighbours", file).then(({ code, err }) => `${code}: ${err}`),
    ]);
    assertStringIncludes(
      few,
      "2: Cannot use FILE: expected at least 20, of which some are held out",
    );
    assertStringIncludes(nan, "none.npy");
    assertStringIncludes(wide, "2: Cannot use --recall");
    assertStringIncludes(alone, "--queries beside it");
  }));
