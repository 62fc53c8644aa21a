/**
 * A process that gives twelve tasks out, for a test that kills it: `coordinator.ts STORE`.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import { distribute, local } from "../../../pipelines/distribute/mod.ts";
import { squares } from "./fixture.ts";
import { square } from "./tasks.ts";

/** The numbers that it has squared, each of which takes a while. */
export const numbers = Array.from({ length: 12 }, (_, i) => i);

if (import.meta.main) {
  const [store] = Deno.args;
  await orThrow(distribute(local({ store, workers: 2 }))(square)(squares(store, numbers, 300)));
}
