/**
 * A table from ids to the slots that have them, in typed arrays: a `Map` takes ten times the memory, and holds at most
 * 2^24 entries.
 *
 * @module
 */

/** The slots of ids. Ids are integers from 0 to 2^53 − 1. */
export interface IdTable {
  /** Finds the slot of an id; −1 where there is none. */
  readonly slotOf: (id: number) => number;
  /** Enters the id of a slot; returns false where another slot has it, and changes nothing then. */
  readonly enter: (slot: number) => boolean;
  /** Takes out the id of a slot. */
  readonly leave: (slot: number) => void;
}

/** Mixes the bits of an id and a salt, as MurmurHash3 ends. */
function hashOf(id: number, [low, high]: Uint32Array): number {
  let hash = Math.imul(Math.floor(id / 2 ** 32) ^ high, 0x9e3779b1) ^ id ^ low;
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

/**
 * Makes an empty table.
 *
 * @param idOf Reads the id of a slot that was entered.
 * @param room Initial capacity in ids.
 *
 * @example
 * ```ts
 * import { idTable } from "./id_table.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const ids = [70, 2 ** 40, 70];
 * const table = idTable((slot) => ids[slot], 3);
 * assertEquals([0, 1, 2].map(table.enter), [true, true, false]);
 * assertEquals([table.slotOf(2 ** 40), table.slotOf(3)], [1, -1]);
 * ```
 */
export function idTable(idOf: (slot: number) => number, room: number): IdTable {
  /** Slots + 1 at the places of their hashes or after; 0 where a place is free. At most half are taken. */
  let places = new Uint32Array(2 ** Math.max(4, Math.ceil(Math.log2(2 * room + 1))));
  let taken = 0;
  // Every table has another, so that no file can be made whose ids all collide.
  const salt = crypto.getRandomValues(new Uint32Array(2));
  const find = (id: number): number => {
    const mask = places.length - 1;
    let place = hashOf(id, salt) & mask;
    while (places[place] !== 0 && idOf(places[place] - 1) !== id) place = (place + 1) & mask;
    return place;
  };
  const grow = () => {
    const old = places;
    places = new Uint32Array(2 * old.length);
    for (const slot of old) if (slot !== 0) places[find(idOf(slot - 1))] = slot;
  };
  return {
    slotOf: (id) => places[find(id)] - 1,
    enter: (slot) => {
      if (2 * taken >= places.length) grow();
      const place = find(idOf(slot));
      if (places[place] !== 0) return false;
      places[place] = slot + 1;
      taken++;
      return true;
    },
    leave: (slot) => {
      const mask = places.length - 1;
      let free = find(idOf(slot));
      if (places[free] === 0) return;
      places[free] = 0;
      taken--;
      // What was put after its own place because this one was taken moves up (Knuth, volume 3, algorithm 6.4R).
      for (let next = (free + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
        const own = hashOf(idOf(places[next] - 1), salt) & mask;
        if (((next - own) & mask) < ((next - free) & mask)) continue;
        places[free] = places[next];
        places[next] = 0;
        free = next;
      }
    },
  };
}
