/**
 * Public symbols of every entry point: `deno.json` lists the entry points, `deno doc` the exports of each.
 *
 * @module
 */

/** The project's folder. */
export const root = new URL("../../", import.meta.url);

/** A module that programs import by name. */
export interface EntryPoint {
  /** The name after the package's: "." for the front door, "./codes". */
  readonly name: string;
  /** Path of its module from the project's folder: "ops/codes/mod.ts". */
  readonly path: string;
}

/** Parameter of a function in `deno doc --json`, as far as it is needed. */
export interface Parameter {
  readonly kind: string;
  /** Name of an identifier. */
  readonly name?: string;
  /** Parameter that has a default. */
  readonly left?: Parameter;
  /** Parameter behind "...". */
  readonly arg?: Parameter;
}

/** Declaration of a symbol in `deno doc --json`, as far as it is needed. */
export interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: {
    readonly doc?: string;
    readonly tags?: readonly { readonly kind: string; readonly name?: string }[];
  };
  /** Definition of a function. */
  readonly def?: { readonly params?: readonly Parameter[] };
}

/** Symbol that an entry point exports under one name. */
export interface PublicSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** Lists the entry points in `deno.json`, in its order, without `./tfjs`, which only passes a package on. */
export function entryPoints(): readonly EntryPoint[] {
  const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  return Object.entries(exports as Readonly<Record<string, string>>)
    .filter(([name]) => name !== "./tfjs")
    .map(([name, path]) => ({ name, path: path.replace(/^\.\//, "") }));
}

/**
 * Reads the exports of a module. Modules are read one at a time: of several in one call, `deno doc` documents a symbol
 * that two of them export in one only.
 *
 * @param path Path from the project's folder.
 * @returns The symbols by name.
 * @throws {Error} Where `deno doc` fails or its format is another.
 */
export async function publicSymbols(path: string): Promise<readonly PublicSymbol[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { version, nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const symbols = nodes?.[new URL(path, root).href]?.symbols;
  if (version !== 2 || symbols === undefined) {
    throw new Error(`Cannot read what deno doc says: version 2 was expected, not ${version}`);
  }
  return symbols;
}
