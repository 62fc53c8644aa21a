/**
 * The search for the nearest, of Sparrow and of its peers FAISS and usearch, in one go: what is found against how
 * quickly, bytes, time to build, and the latency of a single query.
 *
 *     deno task bench:codes
 *     deno task bench:codes -- --quick --filter embeddings
 *
 * One thread, CPU time of the whole process on both sides, 1,000 queries per call, ten neighbours. In a round each
 * setting of each index runs once, one index after the other. Printed are medians over the rounds, and how many
 * times as fast Sparrow is as the better of the yardsticks at the same recall, interpolated. A peer that is missing
 * is skipped by name.
 *
 * Sets: 100,000 word vectors; the codes of an encoder that is trained on MNIST for it, 26 of 512 units, 60,000 and test
 * images as queries; 60,000 codes that are drawn, 26 and 256 of 512 units. A further searcher of Sparrow's is added in
 * `codes/searchers.ts`.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, invalidOption } from "../../graph/error.ts";
import { type Flags, helpText, readOptions, type Values } from "../../pipelines/cli/options.ts";
import { FAILED, sharedFlags, USAGE } from "../../pipelines/cli/program.ts";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../ops/embeddings.ts";
import { shared } from "../shared.ts";
import { tradeOff } from "./codes/figure.ts";
import { measureRows, type Row } from "./codes/measured.ts";
import { type Peer, startPeer } from "./codes/peer.ts";
import type { Rows, Searcher, SearchSet } from "./codes/searcher.ts";
import {
  faissCodes,
  faissVectors,
  sparrowCodes,
  sparrowVectors,
  usearchVectors,
} from "./codes/searchers.ts";
import { drawnCodes, mnistCodes, wordVectors } from "./codes/sets.ts";
import { curveTable, indexTable, ratioTable } from "./codes/tables.ts";
import { machine, showMachine } from "./machine.ts";

const flags = {
  help: sharedFlags.help,
  filter: {
    kind: "text",
    help: "only these sets: embeddings, mnist, random-26, random-256",
    value: "NAME,…",
  },
  quick: { kind: "switch", help: "without the indexes that take a minute to build; trains less" },
  rounds: { kind: "integer", help: "times that each is asked", fallback: 3, least: 1, most: 1000 },
  base: {
    kind: "integer",
    help: "search among so many of each set at most",
    fallback: 100_000,
    least: 100,
    most: 1e6,
  },
  queries: { kind: "integer", help: "queries per call", fallback: 1000, least: 1, most: 1000 },
  data: { kind: "text", help: "folder of MNIST [../shared/mnist]", value: "DIR" },
  embeddings: {
    kind: "text",
    help: "folder of the word vectors [../shared/embeddings]",
    value: "DIR",
  },
  peers: { kind: "text", help: "only these peers [faiss,usearch]", value: "NAME,…" },
  python: {
    kind: "text",
    help: "a Python with numpy and faiss-cpu [python3]",
    value: "FILE",
  },
  out: { kind: "text", help: "folder for results and figures [runs/bench-codes]", value: "DIR" },
} as const satisfies Flags;

type Options = Values<typeof flags>;

/** Peers that could be started. */
interface Peers {
  readonly faiss: Peer | null;
  readonly usearch: Peer | null;
}

async function run(options: Options): Promise<void> {
  const names = ["embeddings", "mnist", "random-26", "random-256"] as const;
  const wanted = options.filter?.split(",");
  const unknown = wanted?.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) {
    const expected = `some of ${names.join(", ")}`;
    throw new Error(describe(invalidOption("--filter", unknown, expected)));
  }
  const out = options.out ?? "runs/bench-codes";
  await Deno.mkdir(out, { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "sparrow-codes-" });
  const peers = await start(options, folder);
  try {
    const known = [peers.faiss, peers.usearch].flatMap((peer) => peer?.name ?? []);
    console.log(`${showMachine(machine())}; ${[...known, `${options.rounds} rounds`].join("; ")}`);
    const size = { base: options.base, queries: options.queries };
    const codes = { ...size, base: Math.min(size.base, 60_000) };
    const place = (given: string | null, name: string) => given ?? shared(name).pathname;
    const made = {
      embeddings: () => wordVectors(place(options.embeddings, "embeddings"), size),
      mnist: () => mnistCodes(place(options.data, "mnist"), folder, options.quick ? 1 : 10, codes),
      "random-26": () => drawnCodes(26, codes),
      "random-256": () => drawnCodes(256, codes),
    };
    const lines: string[] = [];
    for (const name of names) {
      if (wanted !== undefined && !wanted.includes(name)) continue;
      const set = await skipped(name, async () => await made[name]());
      if (set === null) continue;
      const rows = await rowsOf(set, peers, options);
      console.log(`\n${heading(set)}\n\n${indexTable(rows)}\n\n${curveTable(rows)}`);
      console.log(`\n${ratioTable(rows, set.base.kind)}`);
      lines.push(...rows.map((row) => JSON.stringify({ set: name, ...row, machine: machine() })));
      await Deno.writeTextFile(`${out}/${name}.svg`, tradeOff(set, rows));
    }
    await Deno.writeTextFile(`${out}/results.jsonl`, lines.map((line) => `${line}\n`).join(""));
    console.log(`\nResults and figures: ${out}`);
  } finally {
    await peers.faiss?.end();
    await peers.usearch?.end();
    await Deno.remove(folder, { recursive: true });
  }
}

const heading = ({ name, base, queries }: SearchSet<Rows>): string =>
  `${name}: ${base.count} ${base.kind === "dense" ? "vectors of" : "codes of"} ${base.width} ` +
  `${base.kind === "dense" ? "numbers" : "units"}, ${queries.count} queries`;

/** Awaits the result of `use`; null where it fails, with the reason printed. */
async function skipped<A>(what: string, use: () => Promise<A>): Promise<A | null> {
  try {
    return await use();
  } catch (thrown) {
    console.log(`Skipped ${what}: ${thrown instanceof Error ? thrown.message : thrown}`);
    return null;
  }
}

async function start({ python, peers }: Options, folder: string): Promise<Peers> {
  const here = (name: string) => new URL(`codes/${name}`, import.meta.url).pathname;
  const wanted = (peers ?? "faiss,usearch").split(",");
  const started = (name: string, label: string, command: readonly string[]) =>
    wanted.includes(name) ? skipped(label, () => startPeer(command, folder)) : null;
  const faiss = [python ?? "python3", here("faiss_peer.py")];
  const usearch = [Deno.execPath(), "run", "-A", "--quiet", "--no-lock", here("usearch_peer.ts")];
  return {
    faiss: await started("faiss", "FAISS", faiss),
    usearch: await started("usearch", "usearch", usearch),
  };
}

type AnySet = SearchSet<BinaryEmbeddings> | SearchSet<DenseEmbeddings>;

/** Measures all searchers of a set. */
async function rowsOf(
  set: AnySet,
  { faiss, usearch }: Peers,
  options: Options,
): Promise<readonly Row[]> {
  const measured = <Data extends Rows>(
    set: SearchSet<Data>,
    searchers: readonly Searcher<Data>[],
  ) =>
    measureRows(set, searchers.filter(({ slow }) => !(slow && options.quick)), options.rounds, say);
  const say = (line: string) => console.error(`${set.name}: ${line}`);
  await faiss?.load(set);
  if (isDense(set)) {
    await usearch?.load(set);
    return await measured(set, [
      ...sparrowVectors,
      ...(faiss === null ? [] : faissVectors(faiss)),
      ...(usearch === null ? [] : usearchVectors(usearch)),
    ]);
  }
  if (usearch !== null) say("usearch takes no packed codes from JavaScript");
  return await measured(set, [...sparrowCodes, ...(faiss === null ? [] : faissCodes(faiss))]);
}

const isDense = (set: AnySet): set is SearchSet<DenseEmbeddings> => set.base.kind === "dense";

if (import.meta.main) {
  const options = readOptions(flags, Deno.args);
  if (E.isLeft(options)) {
    console.error(describe(options.left));
    Deno.exit(USAGE);
  }
  if (options.right.help) {
    const summary = "Measures the search of Sparrow, FAISS and usearch, in alternating rounds.";
    console.log(
      helpText("codes", summary, flags)
        .replace("deno run -P pipelines/codes.ts", "deno task bench:codes --"),
    );
    Deno.exit(0);
  }
  try {
    await run(options.right);
    Deno.exit(0);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(FAILED);
  }
}
