/**
 * Codes by their units, as a search engine has pages by their words, in blocks whose scores fit a cache.
 *
 * @module
 */
import { type BinaryEmbeddings, stride } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";

/** Codes of a block: their scores, of 2 bytes each, take half of a core's first cache. */
export const BLOCK = 8192;

/** Per block and unit the codes that have the unit. */
export interface PostingLists {
  /** Codes, counted from the first of their block, rising in each list. */
  readonly members: Uint16Array<ArrayBuffer>;
  /** blocks × (width + 1): where in `members` each list begins, and the last of a block ends. */
  readonly starts: Uint32Array<ArrayBuffer>;
}

/** The lists of a set of codes: two bytes for each unit that is set, and four per block and unit. */
export function postingLists({ count, width, words }: BinaryEmbeddings): PostingLists {
  const perCode = stride(width);
  const blocks = Math.ceil(count / BLOCK);
  const starts = new Uint32Array(blocks * (width + 1));
  const each = (visit: (list: number, member: number) => void) => {
    for (let i = 0; i < count; i++) {
      const list = Math.floor(i / BLOCK) * (width + 1);
      eachBit(words, i * perCode, perCode, (unit) => visit(list + unit, i % BLOCK));
    }
  };
  each((list) => starts[list]++);
  let total = 0;
  for (let list = 0; list < starts.length; list++) {
    const size = starts[list];
    starts[list] = total;
    total += size;
  }
  const members = new Uint16Array(total);
  const next = starts.slice();
  each((list, member) => members[next[list]++] = member);
  return { members, starts };
}
