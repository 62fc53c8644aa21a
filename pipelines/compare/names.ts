/**
 * Short names of runs.
 *
 * @module
 */

/**
 * Folders by the shortest ends of their paths that differ.
 *
 * @example
 * ```ts
 * import { shortNames } from "./names.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(shortNames(["runs/a/1/", "runs/b/1", "c"]), ["a/1", "b/1", "c"]);
 * ```
 */
export function shortNames(folders: readonly string[]): readonly string[] {
  const parts = folders.map((folder) => folder.split(/[/\\]+/).filter((part) => part !== ""));
  const ends = (count: number) => parts.map((path) => path.slice(-count).join("/") || "/");
  const most = Math.max(...parts.map(({ length }) => length));
  for (let count = 1; count < most; count++) {
    if (new Set(ends(count)).size === folders.length) return ends(count);
  }
  return ends(most);
}
