/**
 * Stores for tests of what is distributed.
 *
 * @module
 */
import type { Squared } from "./tasks.ts";

/** A queue's folder that has been opened once: a new PGlite takes seconds to make, a copy of it does not. */
let made: string | null = null;

/** Notes a store whose queue was closed, so that others begin with a copy of it. */
export const keepQueue = (store: string): void => {
  made ??= store;
};

/** Gives a new store, with a folder for marks in it, and removes it afterwards. */
export async function withStore(use: (store: string) => Promise<void>): Promise<void> {
  const store = await Deno.makeTempDir({ prefix: "sparrow-store-" });
  try {
    await Deno.mkdir(`${store}/marks`);
    if (made !== null) await copy(`${made}/queue`, `${store}/queue`);
    await use(store);
  } finally {
    if (store !== made) await Deno.remove(store, { recursive: true });
  }
}

/** Removes the queue that was kept. */
export const forgetQueue = async (): Promise<void> => {
  if (made !== null) await Deno.remove(made, { recursive: true });
  made = null;
};

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Specs that leave their marks in a store. */
export const squares = (
  store: string,
  numbers: readonly number[],
  takes = 0,
): readonly Squared[] => numbers.map((n) => ({ n, marks: `${store}/marks`, takes }));

/** Counts the attempts of each number. */
export function attempts(store: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of Deno.readDirSync(`${store}/marks`)) {
    const [n] = name.split(".");
    counts[n] = (counts[n] ?? 0) + 1;
  }
  return counts;
}

/** The process that has begun a number last. */
export async function workerOf(store: string, n: number): Promise<number> {
  for (;;) {
    const mark = [...Deno.readDirSync(`${store}/marks`)].find(({ name }) =>
      name.startsWith(`${n}.`)
    );
    const pid = mark === undefined ? "" : await Deno.readTextFile(`${store}/marks/${mark.name}`);
    if (pid !== "") return Number(pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
