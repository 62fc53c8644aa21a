/**
 * A process that locks a folder, or opens a database in it, and holds it until it is killed.
 *
 *     deno run -A tests/pipelines/files/lock_holder.ts lock|database FOLDER
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { addCodes, openCodeTable } from "../../../pipelines/database/code_table.ts";
import { openDatabase } from "../../../pipelines/database/database.ts";
import { lockFolder } from "../../../pipelines/files/lock.ts";
import { fromIndices } from "../../../ops/codes/codes.ts";
import { right } from "../tiny.ts";

if (import.meta.main) {
  const [what, folder] = Deno.args;
  if (what === "lock") {
    if (E.isLeft(await lockFolder(folder, "holder")())) throw new Error("it is locked");
  } else {
    const database = right(await openDatabase({ folder })());
    const table = right(await openCodeTable(database, { width: 4 })());
    right(await addCodes(table, right(fromIndices([[0, 3]], 4)))());
  }
  console.log("held");
  // A promise alone would let the process end.
  setInterval(() => {}, 1e6);
}
