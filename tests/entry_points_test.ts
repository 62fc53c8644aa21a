import { assertEquals } from "./assert.ts";
import { root } from "./pipelines/process.ts";
import { served } from "./served.ts";

const exports: Readonly<Record<string, string>> = JSON.parse(
  Deno.readTextFileSync(`${root}deno.json`),
).exports;

/** A program that knows two entry points by their URLs, and needs no permission. */
const client = (url: string) => `
import { codeIndex, fromIndices, search, toIndices } from "${url}/ops/codes/mod.ts";
import { graph, inferShapes, orThrow, show } from "${url}/graph/mod.ts";

const codes = orThrow(fromIndices([[0, 3, 5], [1, 2, 7]], 8));
const query = orThrow(fromIndices([[1, 2, 5]], 8));
const { indices } = orThrow(search(codeIndex(codes), query, { k: 1 }));
console.log(indices[0], toIndices(codes)[indices[0]].join(" "));
const encoder = graph\`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)\`;
console.log(show(encoder), String(orThrow(inferShapes(encoder, [784])).output));
`;

/** Runs a program in an empty folder that knows the checkout by its URL only; what it prints. */
async function elsewhere(program: (url: string) => string, ...args: readonly string[]) {
  await using server = served();
  const folder = await Deno.makeTempDir();
  try {
    const { host, url } = server;
    await Deno.writeTextFile(`${folder}/client.ts`, program(url));
    const options = ["--no-config", "--no-lock", `--reload=${url}`, `--allow-import=${host}`];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...options, ...args, `${folder}/client.ts`],
      cwd: folder,
      env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("codes and graphs are imported by URL from an empty folder, and need no permission", async () => {
  assertEquals(
    await elsewhere(client, "--check", "--no-prompt"),
    "1 1 2 7\nlinear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05) 512\n",
  );
});

Deno.test("every entry point is imported by URL", async () => {
  // The full TensorFlow.js is 300 MB that no test has a use for.
  const paths = Object.entries(exports).filter(([name]) => name !== "./tfjs");
  const all = (url: string) =>
    paths.map(([, path], i) => `import * as entry${i} from "${url}/${path.slice(2)}";\n`).join("") +
    `console.log([${paths.map((_, i) => `entry${i}`)}].filter((entry) => ` +
    "Object.keys(entry).length > 0).length);\nDeno.exit(0);\n";
  assertEquals(await elsewhere(all), `${paths.length}\n`);
});
