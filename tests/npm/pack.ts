/**
 * The npm package: a tarball that Node.js from 20 on can install.
 *
 *     deno task npm            writes runs/npm/sparrow.tgz
 *
 * `deno pack` makes JavaScript of what the entry points reach, and lists them as `deno.json` does. Here are
 * added: type declarations, exact versions of what it depends on, because Sparrow's kernels reach into tfjs,
 * and, from core-js, what Node.js 20 lacks of today's JavaScript.
 *
 * @module
 */
import { declarationsFrom } from "./declarations.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Features of JavaScript that are newer than Node.js 20. */
const NEWER = [
  "map/group-by",
  "promise/with-resolvers",
  "array/from-async",
  "typed-array/from-base64",
  "typed-array/to-base64",
  "typed-array/to-hex",
];

/** The file that loads it, before anything else of an entry point. */
const NEWER_FILE = "newer.js";

const CORE_JS = "3.51.0";

/**
 * Full TensorFlow.js, for programs that use its layers or chained operations as well: it works on Sparrow's tensors.
 */
const FULL_TFJS = "@tensorflow/tfjs";

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

function* filesBelow(folder: string, ending: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`, ending);
    else if (name.endsWith(ending)) yield `${folder}/${name}`;
  }
}

/**
 * Writes the package.
 *
 * @param folder Where to; made if it is missing.
 * @returns The tarball's path.
 */
export async function packForNpm(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const raw = `${folder}/raw.tgz`;
  await run(
    Deno.execPath(),
    ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "-o", raw],
    root,
  );
  await run("tar", ["xzf", raw, "-C", folder], root);
  const home = `${folder}/package`;
  const made = JSON.parse(await Deno.readTextFile(`${home}/package.json`));
  const { description, exports } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const entries = Object.values(exports as Record<string, string>).map((path) => path.slice(2));
  const exact = Object.entries(made.dependencies as Record<string, string>)
    // Programs' own, which no entry point imports; and what only `./tfjs` is for.
    .filter(([name]) => name !== "deno-std" && name !== FULL_TFJS)
    .map(([name, version]) => [name, version.replace(/^\^/, "")] as const);
  const dependencies = Object.fromEntries([...exact, ["core-js", CORE_JS] as const]);
  const written = {
    ...made,
    description,
    engines: { node: ">=20" },
    dependencies,
    peerDependencies: { [FULL_TFJS]: dependencies["@tensorflow/tfjs-core"] },
    peerDependenciesMeta: { [FULL_TFJS]: { optional: true } },
  };
  await Deno.writeTextFile(`${home}/package.json`, `${JSON.stringify(written, null, 2)}\n`);
  const imports = NEWER.map((name) => `import "core-js/actual/${name}.js";\n`).join("");
  await Deno.writeTextFile(`${home}/${NEWER_FILE}`, imports);
  for (const path of entries) {
    const entry = `${home}/${path.replace(/\.ts$/, ".js")}`;
    const up = "../".repeat(path.split("/").length - 1) || "./";
    const text = await Deno.readTextFile(entry);
    await Deno.writeTextFile(entry, `import "${up}${NEWER_FILE}";\n${text}`);
  }
  // deno pack takes in what it does not compile as well: programs, which are Deno's, and the lock.
  for (const path of [...filesBelow(home, ".ts")]) await Deno.remove(path);
  await Deno.remove(`${home}/deno.lock`);
  for (const [path, text] of await declarationsFrom(root, entries)) {
    await Deno.writeTextFile(`${home}/${path.replace(/\.ts$/, ".d.ts")}`, text);
  }
  const tarball = `${folder}/sparrow.tgz`;
  await run("tar", ["czf", tarball, "-C", folder, "package"], root);
  await Deno.remove(raw);
  await Deno.remove(home, { recursive: true });
  return tarball;
}

if (import.meta.main) {
  const tarball = await packForNpm(`${root}runs/npm`);
  console.log(`${tarball.slice(root.length)}, ${Math.ceil(Deno.statSync(tarball).size / 1000)} kB`);
}
