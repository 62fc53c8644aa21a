/**
 * The documentation as a site, from the comments of everything that `mod.ts` exports.
 *
 *     deno task docs           writes runs/docs, to be opened at index.html
 *
 * Fails on a warning. The namespaces of fp-ts and tfjs that Sparrow hands on (E, TE, tf, …) are left out: they
 * are documented by those who made them, and would be 2,000 of its pages.
 *
 * @module
 */
import { publicSymbols, root } from "./public_symbols.ts";

const face = new URL("mod.ts", root);

/** What `deno doc` warns of inside fp-ts, whose types import a folder where Node.js's rules want a file. */
const foreign =
  /^Warning Failed resolving types\. \[ERR_UNSUPPORTED_DIR_IMPORT\] .*\/fp-ts\/.*\n(?:Did you mean .*\n)?(?: {4}at .*\n)?/gm;

/** Names that `mod.ts` exports, without namespaces. */
const documentedNames = async (): Promise<readonly string[]> =>
  (await publicSymbols())
    .filter(({ declarations }) => declarations.every(({ kind }) => kind !== "namespace"))
    .map(({ name }) => name);

/** A module that is as `mod.ts`, with its comment, and gives those names only. */
async function entry(names: readonly string[]): Promise<string> {
  const text = await Deno.readTextFile(face);
  const comment = text.slice(0, text.indexOf("*/") + 2);
  return `${comment}\nexport { ${names.join(", ")} } from "${face.href}";\n`;
}

const folder = new URL("runs/docs", root).pathname;
const temporary = await Deno.makeTempFile({ suffix: ".ts" });
try {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(new URL("runs", root), { recursive: true });
  const names = await documentedNames();
  await Deno.writeTextFile(temporary, await entry(names));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--html", "--name=Sparrow", `--output=${folder}`, temporary],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success) throw new Error(said);
  const warnings = said.replace(foreign, "").replace(/^Written \d+ files to .*\n/m, "").trim();
  if (warnings !== "") {
    console.error(warnings);
    Deno.exit(1);
  }
  console.log(`${names.length} symbols, runs/docs/index.html`);
} finally {
  await Deno.remove(temporary);
}
