/**
 * Puts a fault into the process that preloads it at an event on a folder: before its n-th file is opened for writing,
 * renamed or removed. The process is killed, or from then on the disk is full. Without a number it leaves the events,
 * a line each, in a file.
 *
 *     deno run --preload="file:///…/tests/faults/fault_at.ts?folder=runs/a&at=17" PROGRAM
 *     deno run --preload="file:///…/tests/faults/fault_at.ts?folder=runs/a&at=17&full" PROGRAM
 *     deno run --preload="file:///…/tests/faults/fault_at.ts?folder=runs/a&log=events" PROGRAM
 *
 * A disk is full by a file that takes what is left of it, `filler` beside the folder, where the folder is on a disk of
 * its own (`&full=disk`); else by an error of every write.
 *
 * @module
 */
const { searchParams } = new URL(import.meta.url);
const folder = searchParams.get("folder") ?? "";
const at = Number(searchParams.get("at") ?? NaN);
const log = searchParams.get("log");
const full = searchParams.get("full");

const { open, rename, remove } = Deno;
let events = 0;
let isFull = false;

/** Temporary names without what is drawn at random in them. */
const shown = (path: string) =>
  path.slice(folder.length + 1).replace(/\.[0-9a-f]{8}\.tmp$/, ".tmp");

/** Takes what is left of the disk. */
function fill(): void {
  const filler = Deno.openSync(`${folder}/../filler`, { write: true, create: true });
  for (let size = 2 ** 20; size >= 1; size /= 4) {
    try {
      while (true) filler.writeSync(new Uint8Array(size));
    } catch { /* There is no room for so many bytes. */ }
  }
  filler.close();
}

function before(what: string, path: string | URL): void {
  if (!String(path).startsWith(`${folder}/`)) return;
  events++;
  if (log !== null) {
    Deno.writeTextFileSync(log, `${what} ${shown(String(path))}\n`, { append: true });
  }
  if (events !== at) return;
  if (full === "disk") return fill();
  if (full !== null) {
    isFull = true;
    return;
  }
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes when it comes: nothing happens before.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

Deno.open = async (path, options) => {
  if (!options?.write) return await open(path, options);
  before("open", path);
  const file = await open(path, options);
  if (!isFull) return file;
  file.write = () => Promise.reject(new Error("No space left on device (os error 28)"));
  return file;
};
Deno.rename = (from, to) => {
  before("rename", from);
  return rename(from, to);
};
Deno.remove = (path, options) => {
  before("remove", path);
  return remove(path, options);
};
