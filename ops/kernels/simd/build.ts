/**
 * Compiles the SIMD kernels of `assembly/` (AssemblyScript) and writes `binary.ts`.
 *
 *     deno task simd           writes it
 *     deno task simd --check   fails where it is not what the sources compile to
 *
 * @module
 */
import asc from "npm:assemblyscript@0.28.20/asc";

const folder = new URL("./assembly/", import.meta.url);
const target = new URL("./binary.ts", import.meta.url);

/** The module's bytes, as base64. */
async function compile(features: readonly string[]): Promise<string> {
  let binary = new Uint8Array();
  const { error, stderr } = await asc.main([
    "index.ts",
    "--outFile=kernels.wasm",
    "--runtime=stub",
    "--importMemory",
    "--noExportMemory",
    // As tfjs's own memory has it, so that it can be shared.
    "--maximumMemory=65536",
    "--optimizeLevel=3",
    "--shrinkLevel=0",
    "--noAssert",
    ...features.flatMap((feature) => ["--enable", feature]),
  ], {
    readFile: (name) => Deno.readTextFile(new URL(name, folder)).catch(() => null),
    writeFile: (_, contents) => {
      binary = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${error.message}\n${stderr}`);
  return binary.toBase64();
}

const source = (plain: string, relaxed: string): string =>
  `/**
 * The SIMD kernels as WebAssembly, in base64: made by \`deno task simd\`, not by hand.
 *
 * @module
 */

/** Kernels for any engine with SIMD. */
export const plain: string =
  "${plain}";

/** Kernels for engines with relaxed SIMD, where a product and a sum are one operation. */
export const relaxed: string =
  "${relaxed}";
`;

if (import.meta.main) {
  const made = source(await compile(["simd"]), await compile(["simd", "relaxed-simd"]));
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(target, made);
  } else if (await Deno.readTextFile(target) !== made) {
    console.error("ops/kernels/simd/binary.ts is not what its sources compile to: deno task simd");
    Deno.exit(1);
  }
}
