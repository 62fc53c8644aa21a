import { strokes } from "../../pipelines/data/strokes.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { deno, root, withFolder } from "../pipelines/process.ts";
import { unitsOf } from "../pipelines/encode/units_of.ts";
import { declarationsOf } from "./declarations.ts";
import { packForNpm } from "./pack.ts";

/** Runs a program in a folder to its end; its output, both streams. */
async function run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const text = new TextDecoder();
  assertEquals(
    code,
    0,
    `${command} ${args.join(" ")}: ${text.decode(stdout)}${text.decode(stderr)}`,
  );
  return text.decode(stdout) + text.decode(stderr);
}

/** Program in TypeScript that uses the package: the types exist, and refuse what does not fit. */
const consumer = `
import { adam, E, type Graph, graph, kwta, linear, pipe, relu, startBackend, to } from "@sparrow/sparrow";
const typed = pipe(linear(784, 64), to(relu), to(linear(64, 512)), to(kwta(0.05)));
export const same: Graph<readonly [784], readonly [512]> = typed;
// @ts-expect-error 64 values do not go into linear(65, 10)
pipe(linear(784, 64), to(linear(65, 10)));
const backend = await startBackend("wasm")();
if (E.isRight(backend)) console.log(backend.right.name, graph\`relu\`, adam());
`;

/** Gradients are there: the package depends on a tfjs that has none of its own. */
const gradient = `
import { startBackend, tf } from "@sparrow/sparrow";
await startBackend("wasm")();
console.log(tf.getBackend(), ...await tf.grad((x) => tf.square(x))(tf.tensor1d([3])).data());
`;

/** Types of entry points, each from its own declarations. */
const entryConsumer = `
import { type CodeIndex, codeIndex, search } from "@sparrow/sparrow/codes";
import { graph, inferShapes } from "@sparrow/sparrow/graph";
const words = Uint32Array.of(0b0011, 0b1100);
const index: CodeIndex = codeIndex({ kind: "binary", count: 2, width: 4, words });
// @ts-expect-error codes are not text
codeIndex("0011");
console.log(search(index, { kind: "binary", count: 1, width: 4, words: words.slice(0, 1) }, { k: 1 }));
console.log(inferShapes(graph\`linear(784, 512) ▷ kwta(0.05)\`, [784]));
`;

/** Entry points that need no TensorFlow.js, used where there is none. */
const light = `
import { codeIndex, search } from "@sparrow/sparrow/codes";
import { graph, show } from "@sparrow/sparrow/graph";
for (const name of ["metrics", "readouts", "data", "files", "report", "onnx", "database"]) {
  await import("@sparrow/sparrow/" + name);
}
const words = Uint32Array.of(0b0011, 0b1100);
const found = search(codeIndex({ kind: "binary", count: 2, width: 4, words }), {
  kind: "binary",
  count: 1,
  width: 4,
  words: Uint32Array.of(0b1101),
}, { k: 1 });
console.log(show(graph\`relu ▷ kwta(0.05)\`), found._tag, ...found.right.indices);
`;

const tsconfig = {
  compilerOptions: {
    module: "nodenext",
    target: "es2022",
    lib: ["es2024", "dom", "dom.iterable"],
    strict: true,
    noEmit: true,
    // Declarations of tfjs need types of Node.js and WebGPU; what is in ours is looked at below.
    skipLibCheck: false,
    types: [],
  },
  files: ["consumer.ts", "entries.ts"],
};

/** The codes of the ten digits that encode.mjs encodes, as it prints them. */
async function codesInDeno(model: string): Promise<string> {
  const { test } = strokes({ seed: 7, train: 10, test: 10 });
  const units = await unitsOf(model, test);
  return units.map((of, i) => `a ${test.labels[i]}: ${of.join(" ")}\n`).join("");
}

/** Every entry point loads in Node.js; those that need no TensorFlow.js work where it is not installed. */
async function entryPointsLoad(folder: string): Promise<void> {
  const names = Object.keys(JSON.parse(await Deno.readTextFile(`${root}deno.json`)).exports)
    // It takes the full TensorFlow.js, which whoever wants it installs beside.
    .filter((name) => name !== "./tfjs")
    .map((name) => `@sparrow/sparrow${name.slice(1)}`);
  const all = `for (const name of ${JSON.stringify(names)}) {
    if (Object.keys(await import(name)).length === 0) throw new Error(name + " has nothing");
  }
  console.log("all");
  process.exit(0);`;
  await Deno.writeTextFile(`${folder}/all.mjs`, all);
  assertEquals(await run(folder, "node", "all.mjs"), "all\n");
  await Deno.writeTextFile(`${folder}/light.mjs`, light);
  const [tensorflow, hidden] = [`${folder}/node_modules/@tensorflow`, `${folder}/hidden`];
  await Deno.rename(tensorflow, hidden);
  assertEquals(await run(folder, "node", "light.mjs"), "relu ▷ kwta(0.05) Right 1\n");
  await Deno.rename(hidden, tensorflow);
}

Deno.test("the npm package encodes in Node.js on wasm and cpu as Sparrow does in Deno", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-npm-" });
  try {
    await withFolder(async (out) => {
      const program = "pipelines/cookbook/train_and_save.ts";
      const trained = await deno("run", "-P", "--no-check", program, "--quick", out);
      assertEquals([trained.code, trained.err], [0, ""]);
      await Deno.copyFile(`${root}${out}/model.safetensors`, `${folder}/model.safetensors`);
    });
    const tarball = await packForNpm(folder);
    const listed = (await run(folder, "tar", "tzf", tarball)).trim().split("\n");
    assert(listed.includes("package/mod.d.ts") && listed.includes("package/README.md"));
    assertEquals(
      listed.filter((path) => /(?<!\.d)\.ts$|\.lock$/.test(path)),
      [],
      "programs are Deno's",
    );
    await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }');
    await run(folder, "npm", "install", "--no-fund", "--no-audit", "--prefer-offline", tarball);
    await Deno.copyFile(`${root}pipelines/cookbook/nodejs/encode.mjs`, `${folder}/encode.mjs`);
    await entryPointsLoad(folder);
    const expected = await codesInDeno(`${folder}/model.safetensors`);
    for (const backend of ["wasm", "cpu"]) {
      const printed = await run(folder, "node", "encode.mjs", "model.safetensors", backend);
      assertEquals(printed, expected, backend);
    }

    await Deno.writeTextFile(`${folder}/gradient.mjs`, gradient);
    assertEquals(await run(folder, "node", "gradient.mjs"), "wasm 6\n");

    await Deno.writeTextFile(`${folder}/consumer.ts`, consumer);
    await Deno.writeTextFile(`${folder}/entries.ts`, entryConsumer);
    await Deno.writeTextFile(`${folder}/tsconfig.json`, JSON.stringify(tsconfig));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-lock",
        "npm:typescript@5.9.3/tsc",
        "-p",
        folder,
        "--pretty",
        "false",
      ],
    }).output();
    const complaints = new TextDecoder().decode(stdout).split("\n").filter((line) =>
      /^\S*(consumer\.ts|entries\.ts|@sparrow\/sparrow)/.test(line)
    );
    assertEquals(complaints, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("declarations name packages and JavaScript files, and an export without a type is refused", () => {
  const text = `import type * as E from "npm:fp-ts@2.16.11/lib/Either.js";
import { a } from "./a.ts";
/** As in \`import "./a.ts"\`. */
export const f = ({ n = 1 }: { readonly n?: number } = {}): E.Either<typeof a, number> => g(n);
export type T = import("npm:@scope/name@1.2.3").T;
`;
  assertEquals(
    declarationsOf("f.ts", text).text,
    `import type * as E from "fp-ts/lib/Either.js";
import { a } from "./a.js";
/** As in \`import "./a.ts"\`. */
export declare const f: ({ n }?: {
    readonly n?: number;
}) => E.Either<typeof a, number>;
export type T = import("@scope/name").T;
`,
  );
  const untyped = 'export const a = 1;\nexport const b = JSON.parse("1");\n';
  assertThrows(() => declarationsOf("b.ts", untyped), Error, "Cannot declare b.ts, line 2: ");
});
