/**
 * The comparison of searches in a short form, and its arithmetic. No time makes a test fail.
 */
import fc from "npm:fast-check@4.3.0";
import { frontier, type Point, rateAt, ratioAt } from "./codes/curve.ts";
import { measureRows } from "./codes/measured.ts";
import { type Peer, startPeer } from "./codes/peer.ts";
import { local, type SearchSet } from "./codes/searcher.ts";
import { codeSet, drawnCodes, K, oneCode } from "./codes/sets.ts";
import { medianRatio, ratioTable } from "./codes/tables.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { codeIndex, search } from "../../ops/codes/search.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../assert.ts";
import { random } from "../ops/codes/sets.ts";
import { deno, withFolder } from "../pipelines/process.ts";
import { right } from "../pipelines/tiny.ts";

const points: fc.Arbitrary<readonly Point[]> = fc.array(
  fc.record({
    recall: fc.double({ min: 0, max: 1, noNaN: true }),
    rate: fc.double({ min: 1, max: 1e6, noNaN: true }),
  }),
  { minLength: 1, maxLength: 12 },
);

Deno.test("no point is above the frontier, and rates fall along it", () => {
  fc.assert(fc.property(points, (all) => {
    const best = frontier(all);
    best.slice(1).forEach(({ recall, rate }, i) =>
      assert(recall > best[i].recall && rate < best[i].rate)
    );
    for (const { recall, rate } of all) {
      assert((rateAt(all, recall) ?? 0) >= rate * (1 - 1e-9));
    }
    assertEquals(rateAt(all, Math.max(...all.map(({ recall }) => recall)) + 1e-9), null);
    assertEquals(rateAt(all, 0), Math.max(...all.map(({ rate }) => rate)));
  }));
});

Deno.test("rates are interpolated by their logarithms, and compared with the best of others", () => {
  const one = [{ recall: 0.8, rate: 1600 }, { recall: 0.9, rate: 400 }];
  assertAlmostEquals(rateAt(one, 0.85) ?? 0, 800, 1e-6);
  const slow = [{ recall: 0.95, rate: 200 }];
  assertAlmostEquals(ratioAt(one, [slow, [{ recall: 0.8, rate: 9000 }]], 0.85) ?? 0, 4, 1e-6);
  assertEquals(ratioAt(one, [slow], 0.91), null);
  assertEquals(ratioAt(slow, [one], 0.95), null);
});

Deno.test("what is as near as the tenth counts as found, and nothing else does", () => {
  const [base, queries] = [random(500, 64, 5), random(7, 64, 5, 1)];
  const { recall } = codeSet("any", base, queries);
  const exact = right(search(codeIndex(base), queries, { k: 500 }));
  const first = Int32Array.from({ length: 7 * K }, (_, i) => {
    // The last of a query's that are as near as its tenth stand for the first.
    const own = exact.distances.subarray(500 * Math.floor(i / K));
    return exact.indices[500 * Math.floor(i / K) + own.lastIndexOf(own[K - 1], 499) - i % K];
  });
  const [found, tenth] = [recall(first, K), exact.distances[K - 1]];
  assert(exact.distances[K] === tenth, "there are ties");
  assertEquals(found, 1);
  assertEquals(recall(first.with(3, exact.indices[499]), K), 69 / 70);
  assertEquals(recall(first.with(3, -1), K), 69 / 70);
});

Deno.test("searchers take turns, one that fails is left out, and ratios are medians of rounds", async () => {
  const set = drawnCodes(26, { base: 300, queries: 10 });
  const row = (name: string) => ({ name, knob: null, settings: [0], slow: false });
  const order: string[] = [];
  const searcher = (name: string) =>
    local<BinaryEmbeddings>(row(name), () => ({
      bytes: 300,
      search: (queries, k) => {
        if (order.at(-1) !== name) order.push(name);
        const until = performance.now() + 60;
        while (performance.now() < until);
        return new Int32Array(queries.count * k);
      },
    }), oneCode);
  const broken = local<BinaryEmbeddings>(row("broken"), () => {
    throw new Error("no memory");
  }, oneCode);
  const few: SearchSet<BinaryEmbeddings> = { ...set, queries: { ...set.queries, count: 2 } };
  const rows = await measureRows(few, [searcher("Sparrow"), broken, searcher("peer")], 2, () => {});
  assertEquals(rows.map(({ name, bytes }) => [name, bytes]), [["Sparrow", 1], ["peer", 1]]);
  assertEquals(order.slice(0, 6), ["Sparrow", "peer", "Sparrow", "peer", "Sparrow", "peer"]);
  const rated = (name: string, rates: readonly number[]) => ({
    ...rows[0],
    name,
    settings: [{ setting: 0, recall: 1, rates, rate: 0, p50: 0, p99: 0 }],
  });
  const [own, other] = [rated("Sparrow", [10, 30, 80]), rated("FAISS binary flat", [10, 10, 10])];
  assertEquals(medianRatio(own, [other], 1), 3);
  assertStringIncludes(ratioTable([own, other], "binary"), "× 3.00");
  assertStringIncludes(ratioTable([own], "binary"), "no yardstick at hand");
});

/** A peer that finds nothing and knows one index. */
const fake = `
console.log(JSON.stringify({ name: "fake 1" }));
for await (const bytes of Deno.stdin.readable) {
  const asked = JSON.parse(new TextDecoder().decode(bytes));
  let answer = {};
  if (asked.do === "build") answer = asked.index === "flat" ? { seconds: 2, bytes: 70 } : { error: "no such index" };
  if (asked.do === "search") {
    const { length } = await Deno.readFile(asked.queries ?? asked.out.replace("found.i32", "queries"));
    Deno.writeFileSync(asked.out, new Uint8Array(new Int32Array(asked.k * length / 64).fill(asked.setting).buffer));
    answer = { seconds: 0.5 };
  }
  if (asked.do === "each") answer = { times: new Array(asked.many).fill(0.001) };
  console.log(JSON.stringify(answer));
}`;

Deno.test("a peer is asked by lines; one that is missing or fails says why", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(folder);
    const run = async <A>(program: string, use: (peer: Peer) => Promise<A>): Promise<A> => {
      await Deno.writeTextFile(`${folder}/peer.ts`, program);
      const peer = await startPeer([Deno.execPath(), "run", "-A", `${folder}/peer.ts`], folder);
      try {
        return await use(peer);
      } finally {
        await peer.end();
      }
    };
    await run(fake, async (peer) => {
      assertEquals(peer.name, "fake 1");
      await peer.load(drawnCodes(26, { base: 100, queries: 4 }));
      await assertRejects(() => peer.build("HNSW32"), Error, "no such index");
      const built = await peer.build("flat");
      assertEquals([built.seconds, built.bytes], [2, 70]);
      const { indices, seconds } = await built.search(7, K);
      assertEquals([[...indices], seconds], [new Array(4 * K).fill(7), 0.5]);
      assertEquals(await built.each(7, K, 3), [0.001, 0.001, 0.001]);
    });
    const dies = () => run('throw new Error("no module named faiss")', () => Promise.resolve());
    await assertRejects(dies, Error, "no module named faiss");
    await assertRejects(() => startPeer([`${folder}/no-python`], folder), Error);
  }));

Deno.test("the comparison runs without its peers, which it names", () =>
  withFolder(async (folder) => {
    const { code, out } = await deno(
      ...["run", "-P=test", "--lock=tests/deno.lock", "tests/bench/codes.ts", "--quick"],
      ...["--filter", "random-26,embeddings", "--base", "1000", "--queries", "20", "--rounds", "1"],
      ...["--python", `${folder}/no-python`, "--peers", "faiss", "--embeddings", folder],
      ...["--out", folder],
    );
    assertEquals(code, 0);
    assertStringIncludes(out, "Skipped FAISS: ");
    assertStringIncludes(out, "Skipped embeddings: ");
    assertStringIncludes(out, "random-26: 1000 codes of 512 units, 20 queries");
    const [row] = (await Deno.readTextFile(`${folder}/results.jsonl`)).split("\n");
    const { name, settings: [{ recall, rates }] } = JSON.parse(row);
    assertEquals([name, recall, rates.length], ["Sparrow, exact", 1, 1]);
    const figure = await Deno.readTextFile(`${folder}/random-26.svg`);
    assert(figure.startsWith("<svg ") && figure.includes("Sparrow, exact"));
  }));
