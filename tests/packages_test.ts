/**
 * The npm packages that each entry point and program loads, and what they weigh.
 *
 * `deno info` lists every module that a file reaches, by types and dynamic imports too. Where a `deno.lock` is,
 * Deno fetches all that it lists before the first line runs, so there are two: `deno.lock` for what users run,
 * `tests/deno.lock` for tests and tools.
 */
import { assert, assertEquals } from "./assert.ts";
import { deno, root } from "./pipelines/process.ts";

const random = ["fp-ts", "pure-rand"];
const shell = ["deno-std", "fastest-levenshtein"];
const tfjs = ["backend-cpu", "backend-wasm", "backend-webgpu", "core"]
  .map((name) => `@tensorflow/tfjs-${name}`);
const report = ["@dagrejs/dagre", "@observablehq/plot", "linkedom"];
// One decoder for every format, of which the package has a second build (for 64-bit memory): 31 MB.
const images = ["@imagemagick/magick-wasm"];
// Reads the ONNX file of a trunk, where a model has one.
const trunks = ["@bufbuild/protobuf"];
const tables = ["@uwdata/flechette", "@zip.js/zip.js", "hyparquet", "hyparquet-compressors"];

/** The packages that a file needs, and their size with what they depend on. */
interface Weight {
  /** Packages that are loaded with the file. */
  readonly first: readonly string[];
  /** Packages that are loaded when something needs them, by a dynamic import. @default none */
  readonly later?: readonly string[];
  /** Packages of which only types are imported: they are not loaded, a checker reads them. @default none */
  readonly types?: readonly string[];
  /** The most megabytes of the packages that are loaded, at once or later. */
  readonly megabytes: number;
}

/** The entry points, as `deno.json` names them: one line to edit where one is added. */
const entryPoints: Readonly<Record<string, Weight>> = {
  ".": {
    first: ["@noble/hashes", "fastest-levenshtein", "ml-matrix", "parser-ts", ...random, ...tfjs],
    later: ["@zip.js/zip.js", ...images, ...report, ...trunks],
    megabytes: 142,
  },
  "./graph": { first: ["parser-ts", ...random], megabytes: 6 },
  "./ops": { first: [...random, ...tfjs], megabytes: 90 },
  "./losses": { first: [...random, ...tfjs], megabytes: 90 },
  "./optimisers": { first: ["fp-ts", ...tfjs], megabytes: 90 },
  "./metrics": { first: ["fp-ts"], megabytes: 6 },
  "./codes": { first: ["ml-matrix", ...random], megabytes: 8 },
  "./information": { first: ["ml-matrix", ...random, ...tfjs], megabytes: 90 },
  "./local": { first: ["ml-matrix", ...random, ...tfjs], megabytes: 90 },
  "./readouts": { first: random, megabytes: 6 },
  "./saliency": { first: [...random, ...tfjs], megabytes: 90 },
  "./data": { first: random, later: [...images, ...tables], megabytes: 50 },
  "./stages": {
    first: ["@noble/hashes", "fastest-levenshtein", "ml-matrix", ...random, ...tfjs],
    later: report,
    megabytes: 110,
  },
  "./encode": {
    first: ["fastest-levenshtein", ...random, ...tfjs],
    later: ["@zip.js/zip.js", "fast-png", ...images, ...trunks],
    megabytes: 137,
  },
  "./files": {
    first: ["@noble/hashes", ...random],
    later: ["@zip.js/zip.js", ...images],
    types: ["fastest-levenshtein", ...tfjs],
    megabytes: 50,
  },
  "./report": { first: ["fastest-levenshtein", ...random, ...report], megabytes: 18 },
  "./onnx": { first: ["@bufbuild/protobuf", "fp-ts"], types: ["pure-rand"], megabytes: 8 },
  // onnxruntime and the loaders of TensorFlow.js's models are none of them: fetched where a trunk is loaded.
  "./trunks": {
    first: ["fastest-levenshtein", "fp-ts", ...trunks],
    later: [...images, ...tfjs],
    types: ["@zip.js/zip.js", "pure-rand"],
    megabytes: 132,
  },
  "./database": { first: ["fp-ts"], megabytes: 6 },
  "./dashboard": {
    first: ["fp-ts", ...tfjs],
    types: ["fastest-levenshtein", "pure-rand", ...report],
    megabytes: 90,
  },
  "./tfjs": { first: ["@tensorflow/tfjs", ...tfjs], megabytes: 330 },
};

/** Programs, by path. */
const programs: Readonly<Record<string, Weight>> = {
  "pipelines/mnist_kwta.ts": {
    first: ["@noble/hashes", "ml-matrix", "parser-ts", ...shell, ...random, ...tfjs],
    later: [...images, ...report],
    types: ["@zip.js/zip.js"],
    megabytes: 142,
  },
  "pipelines/encode.ts": {
    first: [...shell, ...random, ...tfjs],
    later: ["@zip.js/zip.js", ...images, ...trunks],
    types: report,
    megabytes: 137,
  },
  "pipelines/search.ts": {
    first: [...shell, ...random, ...tfjs],
    later: ["@zip.js/zip.js", "fast-png", ...images, ...trunks],
    types: report,
    megabytes: 137,
  },
  "pipelines/index_vectors.ts": {
    first: [...shell, ...random],
    later: [...images, ...tables, ...tfjs],
    types: report,
    megabytes: 142,
  },
  "pipelines/serve.ts": {
    first: [...shell, ...random],
    later: [...images, ...tfjs],
    types: ["@zip.js/zip.js", ...report],
    megabytes: 132,
  },
  "pipelines/vectors_kwta.ts": {
    first: ["@observablehq/plot", "linkedom", "ml-matrix", ...shell, ...random],
    later: [...images, ...tables, ...tfjs],
    types: ["@dagrejs/dagre"],
    megabytes: 147,
  },
  "pipelines/willshaw_capacity.ts": {
    first: ["@observablehq/plot", "linkedom", ...shell, ...random],
    later: [...images, ...tfjs],
    types: ["@dagrejs/dagre", "@zip.js/zip.js"],
    megabytes: 137,
  },
};

const config: { readonly exports: Readonly<Record<string, string>> } = JSON.parse(
  Deno.readTextFileSync(`${root}deno.json`),
);

const table: readonly (readonly [path: string, weight: Weight])[] = [
  ...Object.entries(entryPoints).map(([name, weight]) => [config.exports[name], weight] as const),
  ...Object.entries(programs),
];

Deno.test("the packages of every entry point are known", () => {
  assertEquals(Object.keys(entryPoints), Object.keys(config.exports));
});

interface Dependency {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

/** The part of `deno info --json` that is read. */
interface Info {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly npmPackage?: string;
    readonly dependencies?: readonly Dependency[];
  }[];
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly dependencies: readonly string[];
      readonly localPath: string;
    }>
  >;
}

async function infoOf(path: string): Promise<Info> {
  const { code, out, err } = await deno("info", "--json", "--lock=tests/deno.lock", path);
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

/** The packages that a file reaches over some of the imports, as `deno info` calls them. */
function reached(info: Info, over: (dependency: Dependency) => string | undefined): Set<string> {
  const modules = new Map(info.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const waiting = [...info.roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const specifier = info.redirects[next] ?? next;
    if (seen.has(specifier)) continue;
    seen.add(specifier);
    const module = modules.get(specifier);
    if (module?.npmPackage !== undefined) packages.add(module.npmPackage);
    for (const dependency of module?.dependencies ?? []) {
      const to = over(dependency);
      if (to !== undefined) waiting.push(to);
    }
  }
  return packages;
}

/** Adds to packages all that they depend on. */
function closure(info: Info, packages: Iterable<string>): ReadonlySet<string> {
  const all = new Set(packages);
  // A set gives what is added to it while it is iterated.
  for (const id of all) for (const other of info.npmPackages[id].dependencies) all.add(other);
  return all;
}

function bytesOf(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? bytesOf(path) : Deno.statSync(path).size;
  }
  return bytes;
}

const megabytesOf = (info: Info, packages: ReadonlySet<string>): number =>
  new Set([...packages].map((id) => info.npmPackages[id].localPath)).values()
    .reduce((bytes, folder) => bytes + bytesOf(folder), 0) / 1e6;

const atFirst = ({ code, isDynamic }: Dependency) => isDynamic ? undefined : code?.specifier;
const loaded = ({ code }: Dependency) => code?.specifier;
const atAll = ({ code, type }: Dependency) => code?.specifier ?? type?.specifier;

for (const [path, { first, later = [], types = [], megabytes }] of table) {
  Deno.test(`${path} loads the packages that it needs, at most ${megabytes} MB`, async () => {
    const info = await infoOf(path);
    const names = (over: Parameters<typeof reached>[1]) =>
      new Set([...reached(info, over)].map((id) => info.npmPackages[id].name));
    const [now, all, known] = [names(atFirst), names(loaded), names(atAll)];
    assertEquals(
      {
        first: [...now].sort(),
        later: [...all.difference(now)].sort(),
        types: [...known.difference(all)].sort(),
      },
      { first: [...first].sort(), later: [...later].sort(), types: [...types].sort() },
    );
    const found = megabytesOf(info, closure(info, reached(info, loaded)));
    assert(found <= megabytes, `${path}: ${found.toFixed(1)} MB`);
  });
}

/** A lock file's packages, by name and version. */
const locked = (path: string): readonly (readonly [string, { readonly scripts?: boolean }])[] =>
  Object.entries(JSON.parse(Deno.readTextFileSync(root + path)).npm);

Deno.test("deno.lock lists what programs and entry points load, nothing else, and no install script", async () => {
  const programs = [...Deno.readDirSync(`${root}pipelines`)].filter(isSource).map(inside);
  const { "./tfjs": _, ...points } = config.exports;
  const entries = [...Object.values(points), ...programs];
  const infos = await Promise.all(entries.map(infoOf));
  const needed = infos.flatMap((info) => [...closure(info, reached(info, atAll))]);
  const users = locked("deno.lock");
  assertEquals(users.map(([id]) => id).sort(), [...new Set(needed)].sort());
  assertEquals(users.filter(([, { scripts }]) => scripts), []);
  const found = megabytesOf(infos[0], new Set(users.map(([id]) => id)));
  assert(found <= 152, `the first command fetches ${found.toFixed(1)} MB`);
  const tests = new Set(locked("tests/deno.lock").map(([id]) => id));
  assertEquals(users.filter(([id]) => !tests.has(id)), [], "both locks have the same versions");
});

const isSource = ({ name }: Deno.DirEntry): boolean => name.endsWith(".ts");
const inside = ({ name }: Deno.DirEntry): string => `pipelines/${name}`;

Deno.test("a small training in memory needs no permission", async () => {
  const program = ["pipelines/cookbook/own_dataset.ts", "--quick"];
  const { code, out, err } = await deno("run", "--no-prompt", "--no-check", ...program);
  // Without XDG_RUNTIME_DIR, a software Vulkan driver has its say.
  const said = err.split("\n").filter((line) => !/XDG_RUNTIME_DIR|^$/.test(line));
  assertEquals([code, said], [0, []]);
  assert(/^test accuracy 0\.\d+, chance 0\.25\n$/.test(out), out);
});
