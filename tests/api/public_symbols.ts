/**
 * What is public, as `deno doc` says.
 *
 * @module
 */

/** The project's folder. */
export const root = new URL("../../", import.meta.url);

/** As `deno doc --json` has it, as far as it is needed. */
export interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: {
    readonly doc?: string;
    readonly tags?: readonly { readonly kind: string }[];
  };
}

/** What `mod.ts` exports under one name. */
export interface PublicSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** Every name that `mod.ts` exports, as `deno doc` has it. */
export async function publicSymbols(): Promise<readonly PublicSymbol[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { version, nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const symbols = nodes?.[new URL("mod.ts", root).href]?.symbols;
  if (version !== 2 || symbols === undefined) {
    throw new Error(`Cannot read what deno doc says: version 2 was expected, not ${version}`);
  }
  return symbols;
}
