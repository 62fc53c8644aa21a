/**
 * The files beside the checkout that tests read (`../shared` from the project's root): MNIST, a
 * part of CIFAR-10, and the golden values of the reference implementations.
 *
 * @module
 */

/**
 * The place of a shared file or folder.
 *
 * @param name Path inside `shared`: "mnist/", "golden/losses.json". A folder ends in "/".
 */
export const shared = (name: string): URL => new URL(`../../shared/${name}`, import.meta.url);

/**
 * A test that needs a shared folder. Where the folder is missing the test is shown as ignored,
 * with the folder in its name; in CI (the environment variable CI is "true") it runs and fails.
 *
 * @param name The test's name.
 * @param needs The folder's name inside `shared`: "mnist", "golden", "cifar10-subset".
 */
export function sharedTest(
  name: string,
  needs: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (there(shared(`${needs}/`))) return Deno.test(name, fn);
  Deno.test({
    name: `${name} (needs ../shared/${needs}, which is missing)`,
    ignore: Deno.env.get("CI") !== "true",
    fn: () => {
      throw new Error(`../shared/${needs} is missing`);
    },
  });
}

/** An array as the golden files write it: row-major, float32 unless `dtype` says otherwise. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "float64" | "int32" | "int64" | "bool";
  readonly data: readonly GoldenNumber[];
}

/** A number, or the name of one that JSON cannot write. */
export type GoldenNumber = number | "NaN" | "Infinity" | "-Infinity" | boolean;

/** A case whose fields the test does not name. */
export type GoldenCase = Readonly<Record<string, unknown>> & { readonly name: string };

/**
 * The cases of `../shared/golden/NAME.json`.
 *
 * @param name Without ".json": "kwta_soft".
 * @typeParam Case The fields that the test reads; not checked against the file.
 *
 * @example
 * ```ts ignore
 * sharedTest("the threshold is PyTorch's", "golden", () => {
 *   for (const { x, threshold } of goldenJson<{ x: GoldenArray; threshold: GoldenArray }>("kwta_hard")) {
 *     const { shape, data } = float32(x);
 *   }
 * });
 * ```
 */
export function goldenJson<Case = GoldenCase>(name: string): readonly Case[] {
  const file: { readonly cases: readonly Case[] } = JSON.parse(
    Deno.readTextFileSync(shared(`golden/${name}.json`)),
  );
  return file.cases;
}

/** The array in float32. The values are written so that none is lost, −0 included. */
export const float32 = (
  array: GoldenArray,
): { readonly shape: number[]; readonly data: Float32Array<ArrayBuffer> } => ({
  shape: [...array.shape],
  data: Float32Array.from(array.data, number),
});

/** The array in float64, for cases whose `dtype` is float64. */
export const float64 = (
  array: GoldenArray,
): { readonly shape: number[]; readonly data: Float64Array<ArrayBuffer> } => ({
  shape: [...array.shape],
  data: Float64Array.from(array.data, number),
});

/** The array as integers, for labels, codes and booleans (0 and 1). */
export const int32 = (
  array: GoldenArray,
): { readonly shape: number[]; readonly data: Int32Array<ArrayBuffer> } => ({
  shape: [...array.shape],
  data: Int32Array.from(array.data, number),
});

/** A number of a golden file: "NaN", "Infinity" and "-Infinity" are written as strings. */
export const number = (value: GoldenNumber): number => Number(value);

function there(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}
