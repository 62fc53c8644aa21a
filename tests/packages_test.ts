/**
 * The npm packages that each part of Sparrow loads, and what they weigh.
 *
 * `deno info` lists every module that a file reaches, by types and dynamic imports too. Where a `deno.lock` is,
 * Deno fetches all that it lists before the first line runs, so there are two: `deno.lock` for what users run,
 * `tests/deno.lock` for tests and tools.
 */
import { assert, assertEquals } from "./assert.ts";
import { deno, root } from "./pipelines/process.ts";

const graph = ["fp-ts", "parser-ts", "pure-rand"];
const tfjs = ["backend-cpu", "backend-wasm", "backend-webgpu", "core"]
  .map((name) => `@tensorflow/tfjs-${name}`);
const report = ["@dagrejs/dagre", "@observablehq/plot", "linkedom"];
const images = ["fast-png", "jpeg-js"];

/** What a file imports at once; what it imports when it needs it; megabytes of both with what they depend on. */
interface Weight {
  readonly first: readonly string[];
  readonly later?: readonly string[];
  readonly megabytes: number;
}

/** By path: one line to edit where a file moves or an entry point is added. */
const table: Readonly<Record<string, Weight>> = {
  "graph/mod.ts": { first: graph, megabytes: 6 },
  "ops/codes/codes.ts": { first: ["fp-ts"], megabytes: 6 },
  "ops/codes/search.ts": { first: ["fp-ts"], megabytes: 6 },
  "ops/codes/willshaw.ts": { first: ["fp-ts"], megabytes: 6 },
  "pipelines/files/codes.ts": {
    first: ["@zip.js/zip.js", "fp-ts", "pure-rand"],
    later: images,
    megabytes: 15,
  },
  "pipelines/encode/encode.ts": {
    first: ["fp-ts", "pure-rand", ...tfjs],
    later: ["fastest-levenshtein"],
    megabytes: 105,
  },
  "pipelines/mnist_kwta.ts": {
    first: ["@noble/hashes", "deno-std", "fastest-levenshtein", "ml-matrix", ...graph, ...tfjs],
    later: [...images, ...report],
    megabytes: 120,
  },
  "mod.ts": {
    first: [
      ...[
        "@bufbuild/protobuf",
        "@noble/hashes",
        "@zip.js/zip.js",
        "fastest-levenshtein",
        "ml-matrix",
      ],
      ...[...graph, ...tfjs],
    ],
    later: [...images, ...report],
    megabytes: 120,
  },
};

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

/** With what they depend on. */
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
const atAll = ({ code, type }: Dependency) => code?.specifier ?? type?.specifier;

for (const [path, { first, later = [], megabytes }] of Object.entries(table)) {
  Deno.test(`${path} loads the packages that it needs, at most ${megabytes} MB`, async () => {
    const info = await infoOf(path);
    const names = (ids: Iterable<string>) =>
      [...new Set([...ids].map((id) => info.npmPackages[id].name))].sort();
    assertEquals(names(reached(info, atFirst)), [...first].sort());
    const all = reached(info, atAll);
    assertEquals(names(all), [...first, ...later].sort());
    const found = megabytesOf(info, closure(info, all));
    assert(found <= megabytes, `${path}: ${found.toFixed(1)} MB`);
  });
}

/** A lock file's packages, by name and version. */
const locked = (path: string): readonly (readonly [string, { readonly scripts?: boolean }])[] =>
  Object.entries(JSON.parse(Deno.readTextFileSync(root + path)).npm);

Deno.test("deno.lock lists what programs and mod.ts load, nothing else, and no install script", async () => {
  const entries = ["mod.ts", ...Deno.readDirSync(`${root}pipelines`).filter(isSource).map(inside)];
  const infos = await Promise.all(entries.map(infoOf));
  const needed = infos.flatMap((info) => [...closure(info, reached(info, atAll))]);
  const users = locked("deno.lock");
  assertEquals(users.map(([id]) => id).sort(), [...new Set(needed)].sort());
  assertEquals(users.filter(([, { scripts }]) => scripts), []);
  const found = megabytesOf(infos[0], new Set(users.map(([id]) => id)));
  assert(found <= 120, `the first command fetches ${found.toFixed(1)} MB`);
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
