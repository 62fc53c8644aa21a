/**
 * Takes two parts out of TensorFlow.js's packages that a program cannot import from there:
 *
 *     deno task tfjs           writes `tfjs_gradients.js` and `tfjs_wasm.ts`
 *     deno task tfjs --check   fails if they differ from what the packages hold
 *
 * The gradients, because tfjs-core's file that registers them imports others without their endings, which
 * neither Deno nor Node.js resolves, and the only other package that has them, `@tensorflow/tfjs`, brings 250 MB.
 * The wasm backend's binary, because the backend would read it from a file, for which Deno asks.
 *
 * @module
 */
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";

const CORE = "@tensorflow/tfjs-core@4.22.0";
const WASM = "@tensorflow/tfjs-backend-wasm@4.22.0";

const gradientsFile = new URL("./tfjs_gradients.js", import.meta.url);
const wasmFile = new URL("./tfjs_wasm.ts", import.meta.url);

async function deno(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The folder of a package, by its name and version, in Deno's cache. */
async function folderOf(name: string): Promise<string> {
  const { npmPackages } = JSON.parse(await deno(["info", "--json", "--no-lock", `npm:${name}`]));
  const found = Object.entries(npmPackages as Record<string, { readonly localPath: string }>)
    .find(([id]) => id === name || id.startsWith(`${name}_`));
  if (found === undefined) throw new Error(`Cannot find npm:${name} in Deno's cache`);
  return found[1].localPath;
}

/** Namespaces of tfjs-core's public module that hold what its files import from each other. */
const namespaces = ["util", "backend_util", "broadcast_util", "slice_util"] as const;
const whole: Readonly<Record<string, string>> = {
  "../util": "util",
  "../ops/axis_util": "backend_util",
  "../ops/conv_util": "backend_util",
  "./conv_util": "backend_util",
  "../ops/broadcast_util": "broadcast_util",
};

/** Names that the public module lacks, and that the file defines itself. */
const own = ["ENGINE", "convertToTensor"];

/** The part of the public module that has a name; null if none has it. */
function placeOf(name: string): string | null {
  if (name in tf) return "tf";
  const space = namespaces.find((space) => name in tf[space]);
  return space === undefined ? null : `tf.${space}`;
}

interface Bundle {
  /** Place of each imported name in the public module. */
  readonly names: Map<string, string>;
  /** Namespaces of the public module, by the names that the files give to them. */
  readonly spaces: Map<string, string>;
  /** The files' own code, those that are imported first. */
  readonly bodies: Map<string, string>;
}

/** Methods of tensors, which only `@tensorflow/tfjs` registers, as functions. */
const withoutMethods = (code: string): string =>
  code
    .replace("x.split(batchSize, 0)", "split(x, batchSize, 0)")
    .replace(
      "indices.slice(i, 1), dy.slice(i, 1)",
      "tf.slice(indices, i, 1), tf.slice(dy, i, 1)",
    )
    .replace("stacked.reshape(x.shape)", "reshape(stacked, x.shape)")
    .replace("permutedX.reshape(newShape)", "tf.reshape(permutedX, newShape)")
    .replace("prodGrad.reshape(permutedX.shape)", "tf.reshape(prodGrad, permutedX.shape)");

function add(bundle: Bundle, url: URL): void {
  if (bundle.bodies.has(url.pathname)) return;
  const text = Deno.readTextFileSync(url)
    .replace(/^\/\/# sourceMappingURL.*$/m, "")
    .replace(/\/\*\*[\s\S]*?\*\//g, "")
    .replace(/^ *\/\/.*$/gm, "");
  const imports = /^import (?:\* as (\w+)|\{ ([^}]*) \}) from '([^']*)';$/gm;
  for (const [, all, some, from] of text.matchAll(imports)) {
    if (all !== undefined) bundle.spaces.set(all, whole[from]);
    for (const name of (some?.split(", ") ?? []).filter((name) => !own.includes(name))) {
      const place = placeOf(name);
      if (place === null) add(bundle, new URL(`${from}.js`, url));
      else bundle.names.set(name, place);
    }
  }
  const body = text.replace(imports, "").replace(/^export /gm, "");
  bundle.bodies.set(url.pathname, withoutMethods(body));
}

/** One file that registers every gradient of tfjs-core. */
async function gradients(): Promise<string> {
  const folder = await folderOf(CORE);
  const bundle: Bundle = { names: new Map(), spaces: new Map(), bodies: new Map() };
  add(bundle, new URL(`file://${folder}/dist/register_all_gradients.js`));
  const taken = Object.entries(Object.groupBy(bundle.names, ([, from]) => from)).map(
    ([from, names]) => `const { ${names!.map(([name]) => name).sort().join(", ")} } = ${from};`,
  );
  const source = `// deno-lint-ignore-file
/**
 * The gradients of TensorFlow.js's kernels: made by \`deno task tfjs\` from tfjs-core 4.22.0, not by hand.
 *
 * Copyright 2018 to 2023 Google LLC. Licensed under the Apache License, version 2.0:
 * http://www.apache.org/licenses/LICENSE-2.0. Joined into one file that takes operations from tfjs-core's
 * public module; otherwise unchanged.
 *
 * @module
 */
import * as tf from "npm:${CORE}";

${taken.join("\n")}
${[...bundle.spaces].map(([name, space]) => `const ${name} = tf.${space};`).join("\n")}
const ENGINE = tf.engine();
// Whatever a gradient passes on is a tensor already.
const convertToTensor = (tensor) => tensor;

${[...bundle.bodies.values()].join("\n").replace(/\n\n+/g, "\n")}`;
  const config = new URL("../deno.json", import.meta.url).pathname;
  return await deno(["fmt", "--quiet", `--config=${config}`, "--ext=js", "-"], source);
}

/** The wasm backend's binary for engines with SIMD, which all are that Sparrow runs in. */
async function binary(): Promise<string> {
  const path = `${await folderOf(WASM)}/dist/tfjs-backend-wasm-simd.wasm`;
  const { readable, writable } = new CompressionStream("gzip");
  const writer = writable.getWriter();
  const written = writer.write(await Deno.readFile(path)).then(() => writer.close());
  const compressed = await new Response(readable).bytes();
  await written;
  return `/**
 * The WebAssembly of TensorFlow.js's wasm backend: made by \`deno task tfjs\` from tfjs-backend-wasm 4.22.0.
 *
 * Copyright 2019 Google LLC. Licensed under the Apache License, version 2.0:
 * http://www.apache.org/licenses/LICENSE-2.0. Unchanged.
 *
 * @module
 */

/** Binary \`tfjs-backend-wasm-simd.wasm\`, compressed with gzip, in base64. */
export const wasmBinary: string =
  "${compressed.toBase64()}";
`;
}

if (import.meta.main) {
  const made = [[gradientsFile, await gradients()], [wasmFile, await binary()]] as const;
  for (const [file, text] of made) {
    if (!Deno.args.includes("--check")) {
      await Deno.writeTextFile(file, text);
    } else if (await Deno.readTextFile(file) !== text) {
      console.error(`${file.pathname} differs from what tfjs's packages hold: deno task tfjs`);
      Deno.exit(1);
    }
  }
}
