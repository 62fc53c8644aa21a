/**
 * Measurements of searchers: rounds in which each setting of each searcher runs once.
 *
 * @module
 */
import { summarise } from "../summary.ts";
import { K } from "./sets.ts";
import type { Built, Rows, Searcher, SearchSet } from "./searcher.ts";

/** Results of a setting. */
export interface SettingRow {
  readonly setting: number;
  /** Recall of the K nearest. */
  readonly recall: number;
  /** Queries per CPU second, by round. */
  readonly rates: readonly number[];
  /** Median of the rates. */
  readonly rate: number;
  /** Wall time of a single query, in milliseconds: the median. */
  readonly p50: number;
  /** Wall time of a single query, in milliseconds: the 99th percentile. */
  readonly p99: number;
}

/** A searcher that was measured. */
export interface Row {
  readonly name: string;
  readonly knob: string | null;
  /** CPU seconds that the index took. */
  readonly seconds: number;
  /** Bytes of the index per vector or code. */
  readonly bytes: number;
  readonly settings: readonly SettingRow[];
}

/** Number of queries that are timed one by one. */
const ALONE = 200;

/**
 * Measures searchers in turns. One that fails is left out, and named.
 *
 * @param say Called with lines on the progress.
 */
export async function measureRows<Data extends Rows>(
  set: SearchSet<Data>,
  searchers: readonly Searcher<Data>[],
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const turns: {
    readonly searcher: Searcher<Data>;
    readonly built: Built;
    readonly rows: Turn[];
  }[] = [];
  for (const searcher of searchers) {
    try {
      say(`building ${searcher.name}`);
      const built = await searcher.build(set);
      const rows: Turn[] = [];
      for (const setting of searcher.settings) {
        // Also the warm-up.
        const { indices } = await built.search(setting, K);
        rows.push({ setting, recall: set.recall(indices, K), rates: [] });
      }
      turns.push({ searcher, built, rows });
    } catch (thrown) {
      console.log(`Skipped ${searcher.name}: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { searcher, built, rows } of turns) {
      for (const row of rows) row.rates.push(await rateOf(built, row.setting, set.queries.count));
      const shown = rows.map(({ rates }) => Math.round(rates.at(-1) ?? 0)).join(", ");
      say(`round ${round} of ${rounds}: ${searcher.name}: ${shown} queries per CPU second`);
    }
  }
  const measured: Row[] = [];
  for (const { searcher: { name, knob }, built, rows } of turns) {
    const settings: SettingRow[] = [];
    for (const row of rows) {
      const many = Math.min(ALONE, set.queries.count);
      const times = (await built.each(row.setting, K, many)).toSorted((a, b) => a - b);
      const at = (part: number) => 1000 * times[Math.min(many - 1, Math.floor(part * many))];
      const rate = summarise(row.rates).median;
      settings.push({ ...row, rate, p50: at(0.5), p99: at(0.99) });
    }
    measured.push({
      name,
      knob,
      seconds: built.seconds,
      bytes: built.bytes / set.base.count,
      settings,
    });
  }
  return measured;
}

/** A setting while it is measured. */
interface Turn {
  readonly setting: number;
  readonly recall: number;
  readonly rates: number[];
}

/** The least CPU seconds of a sample, so that clocks with steps of 10 ms do. */
const LEAST = 0.25;

/** Queries per CPU second, of calls that take long enough together. */
async function rateOf(built: Built, setting: number, queries: number): Promise<number> {
  let [spent, calls] = [0, 0];
  do {
    spent += (await built.search(setting, K)).seconds;
    calls++;
  } while (spent < LEAST);
  return queries * calls / spent;
}
