/**
 * Kills the process that preloads it at an event on a folder: before its n-th file is opened for writing,
 * renamed or removed. Without a number it leaves the events, a line each, in a file.
 *
 *     deno run --preload="file:///…/tests/pipelines/files/checkpoint/kill_at.ts?folder=runs/a&at=17" PROGRAM
 *     deno run --preload="file:///…/tests/pipelines/files/checkpoint/kill_at.ts?folder=runs/a&log=events" PROGRAM
 *
 * @module
 */
const { searchParams } = new URL(import.meta.url);
const folder = searchParams.get("folder") ?? "";
const at = Number(searchParams.get("at") ?? NaN);
const log = searchParams.get("log");

const { open, rename, remove } = Deno;
let events = 0;

/** Temporary names without what is drawn at random in them. */
const shown = (path: string) =>
  path.slice(folder.length + 1).replace(/\.[0-9a-f]{8}\.tmp$/, ".tmp");

function before(what: string, path: string | URL): void {
  if (!String(path).startsWith(`${folder}/`)) return;
  events++;
  if (log !== null) {
    Deno.writeTextFileSync(log, `${what} ${shown(String(path))}\n`, { append: true });
  }
  if (events !== at) return;
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes when it comes: nothing happens before.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

Deno.open = (path, options) => {
  if (options?.write) before("open", path);
  return open(path, options);
};
Deno.rename = (from, to) => {
  before("rename", from);
  return rename(from, to);
};
Deno.remove = (path, options) => {
  before("remove", path);
  return remove(path, options);
};
