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

/** What a program in TypeScript makes of the package: types are there, and refuse what does not fit. */
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
  files: ["consumer.ts"],
};

/** The codes of the ten digits that encode.mjs encodes, as it prints them. */
async function codesInDeno(model: string): Promise<string> {
  const { test } = strokes({ seed: 7, train: 10, test: 10 });
  const units = await unitsOf(model, test);
  return units.map((of, i) => `a ${test.labels[i]}: ${of.join(" ")}\n`).join("");
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
    const expected = await codesInDeno(`${folder}/model.safetensors`);
    for (const backend of ["wasm", "cpu"]) {
      const printed = await run(folder, "node", "encode.mjs", "model.safetensors", backend);
      assertEquals(printed, expected, backend);
    }

    await Deno.writeTextFile(`${folder}/gradient.mjs`, gradient);
    assertEquals(await run(folder, "node", "gradient.mjs"), "wasm 6\n");

    await Deno.writeTextFile(`${folder}/consumer.ts`, consumer);
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
      /^\S*(consumer\.ts|@sparrow\/sparrow)/.test(line)
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
