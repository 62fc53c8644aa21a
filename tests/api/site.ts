/**
 * The documentation as a site, from the comments of everything that the entry points export, a page for each of them.
 *
 *     deno task docs           writes runs/docs, to be opened at index.html
 *
 * Fails on a warning. The namespaces of fp-ts and tfjs that Sparrow hands on (E, TE, tf, …) are left out: they
 * have their own documentation, and would be 2,000 of its pages.
 *
 * @module
 */
import { type EntryPoint, entryPoints, publicSymbols, root } from "./public_symbols.ts";

/** Warning of `deno doc` about fp-ts, whose types import a folder where Node.js's rules want a file. */
const foreign =
  /^Warning Failed resolving types\. \[ERR_UNSUPPORTED_DIR_IMPORT\] .*\/fp-ts\/.*\n(?:Did you mean .*\n)?(?: {4}at .*\n)?/gm;

/** Names that an entry point exports, without namespaces. */
const documentedNames = async ({ path }: EntryPoint): Promise<readonly string[]> =>
  (await publicSymbols(path))
    .filter(({ declarations }) => declarations.every(({ kind }) => kind !== "namespace"))
    .map(({ name }) => name);

/** A module that is as the entry point's, with its comment, and gives those names only. */
async function entry({ path }: EntryPoint, names: readonly string[]): Promise<string> {
  const url = new URL(path, root);
  const text = await Deno.readTextFile(url);
  const comment = text.slice(0, text.indexOf("*/") + 2);
  return `${comment}\nexport { ${names.join(", ")} } from "${url.href}";\n`;
}

const folder = new URL("runs/docs", root).pathname;
const temporary = await Deno.makeTempDir();
try {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(new URL("runs", root), { recursive: true });
  const points = entryPoints();
  const named = await Promise.all(points.map(documentedNames));
  const files = points.map(({ name }) => `${temporary}/${name === "." ? "mod" : name.slice(2)}.ts`);
  for (const [i, point] of points.entries()) {
    await Deno.writeTextFile(files[i], await entry(point, named[i]));
  }
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--html", "--name=Sparrow", `--output=${folder}`, ...files],
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
  const count = new Set(named.flat()).size;
  console.log(`${points.length} entry points, ${count} symbols, runs/docs/index.html`);
} finally {
  await Deno.remove(temporary, { recursive: true });
}
