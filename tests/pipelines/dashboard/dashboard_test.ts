import { describe } from "../../../graph/error.ts";
import type { Backend } from "../../../ops/backend.ts";
import { type Dashboard, endOf, startDashboard } from "../../../pipelines/dashboard/dashboard.ts";
import { inlined } from "../../../pipelines/dashboard/serve.ts";
import type { Update } from "../../../pipelines/dashboard/update.ts";
import { type Env, quietEnv } from "../../../pipelines/core/env.ts";
import type { Row } from "../../../pipelines/core/history.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import { pure, stage } from "../../../pipelines/core/stage.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "../../assert.ts";
import { deno, root } from "../process.ts";
import { begin, envOn, left, right } from "../tiny.ts";

const backend: Backend = { name: "cpu", adapter: "a device", fault: () => null };

interface Served extends Dashboard {
  readonly port: number;
  readonly env: Env;
  /** Shows a run with as many rows. */
  readonly grow: (rows: number) => void;
}

const rowOf = (i: number): Row => ({ epoch: i, step: i, split: "train", name: "loss", value: i });

const finished = { how: "finished", lines: ["Test accuracy 0.9"] } as const;

async function withDashboard(use: (served: Served) => Promise<void>): Promise<void> {
  const dashboard = right(await startDashboard({ title: "R&D", port: 0, epochs: 3 })());
  const env = dashboard.watch(quietEnv(backend));
  await envOn("cpu");
  const run = begin();
  dispose(run);
  let history: readonly Row[] = [];
  try {
    await use({
      ...dashboard,
      env,
      port: Number(new URL(dashboard.url).port),
      grow: (rows) => {
        history = Array.from({ length: rows }, (_, i) => history[i] ?? rowOf(i));
        env.observer?.run({ ...run, history });
      },
    });
  } finally {
    await dashboard.close(finished);
  }
}

/** Messages of a page, one by one; null at the end. */
async function listen(url: string) {
  const response = await fetch(`${url}events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    response,
    next: async (): Promise<Update | null> => {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const message = text.slice("data: ".length, end);
          text = text.slice(end + 2);
          return JSON.parse(message);
        }
        const { value, done } = await reader.read();
        if (done) return null;
        text += value;
      }
    },
    leave: () => reader.cancel(),
  };
}

/** Sends bytes to the server and returns its answer. */
async function send(port: number, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request));
  let text = "";
  for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\r\n\r\n")) break;
  }
  return text;
}

Deno.test("a page is told everything at once, then what is new, then how it ended", () =>
  withDashboard(async ({ url, env, grow, close }) => {
    grow(2);
    env.observer?.about({ dataset: "mnist", notice: null, config: { seed: 1 } });
    const page = await listen(url);
    assertEquals(page.response.headers.get("content-type"), "text/event-stream");
    const first = (await page.next())!;
    assertEquals([first.first, first.rows], [true, [rowOf(0), rowOf(1)]]);
    assertEquals([first.about?.dataset, first.status.backend], ["mnist", "a device"]);
    assertStringIncludes(first.status.graph!, "kwta(");

    env.progress.update({ epoch: 2, done: 1, total: 4, loss: 0.25, samplesPerSecond: 99 });
    env.log("half way");
    grow(3);
    const second = (await page.next())!;
    assertEquals([second.from, second.rows], [2, [rowOf(2)]]);
    const { epoch, epochs, part, loss, samplesPerSecond, memory } = second.status;
    assertEquals([epoch, epochs, part, loss, samplesPerSecond], [2, 3, 0.25, 0.25, 99]);
    assertEquals(second.status.said, "half way");
    assert(memory > 1e7);

    // Another run begins with nothing.
    grow(0);
    const third = (await page.next())!;
    assertEquals([third.run, third.rows], [1, []]);
    assertEquals([third.status.epoch, third.status.loss], [0, null]);
    grow(3);
    assertEquals((await page.next())?.rows.length, 3);

    // One that comes later, or again, is told everything too.
    const other = await listen(url);
    assertEquals((await other.next())?.rows.length, 3);
    const closing = close(finished);
    for (const one of [page, other]) {
      assertEquals((await one.next())?.end, finished);
      assertEquals(await one.next(), null);
    }
    await closing;
    await fetch(url).then(({ body }) => body?.cancel().then(() => assert(false)), () => {});
  }));

Deno.test("every stage shows its run, and progress is still shown elsewhere", async () => {
  const dashboard = right(await startDashboard({ title: "tiny", port: 0 })());
  let bar = 0;
  const env = dashboard.watch(
    await envOn("cpu", { progress: { update: () => bar++, clear: () => {} } }),
  );
  const page = await listen(dashboard.url);
  assertEquals((await page.next())?.rows, []);
  const measure = stage((run) => Promise.resolve(E.right({ ...run, history: [rowOf(1)] })));
  right(await pure((run) => run)(begin())(env)());
  right(await measure(begin())(env)());
  env.progress.update({ epoch: 1, done: 1, total: 4, loss: 0.25, samplesPerSecond: 99 });
  assertEquals([(await page.next())?.rows, bar], [[rowOf(1)], 1]);
  const failed = endOf(E.left({ _tag: "GpuError", reason: "it is lost" }));
  const closing = dashboard.close(failed);
  assertEquals((await page.next())?.end, {
    how: "failed",
    lines: ["Cannot go on with the GPU: it is lost"],
  });
  await page.leave();
  await closing;
  assertEquals(endOf(E.left({ _tag: "Interrupted", epoch: 1, step: 2 })).how, "interrupted");
});

Deno.test("a page that does not read holds nothing up and costs no memory", () =>
  withDashboard(async ({ url, port, env, grow, close }) => {
    const stuck = await Promise.all(Array.from({ length: 8 }, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const request = `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      return connection;
    }));
    const page = await listen(url);
    await page.next();
    // A notice of a megabyte that is new each time: far more than sockets hold.
    const notice = "x".repeat(1 << 20);
    const before = Deno.memoryUsage();
    let longest = 0;
    const updates = 40;
    for (let i = 0; i < updates; i++) {
      grow(i + 1);
      const from = performance.now();
      env.observer?.about({ dataset: "", notice: notice + i, config: {} });
      env.progress.update({ epoch: i, done: 1, total: 1, loss: 1, samplesPerSecond: 1 });
      longest = Math.max(longest, performance.now() - from);
      if (i % 10 === 0) assertEquals((await page.next())?.rows.length, i === 0 ? 1 : 10);
    }
    assertLess(longest, 50, "telling takes no time");
    await page.leave();
    const after = Deno.memoryUsage();
    // 8 × 40 MB if every message was kept for each.
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    assertLess(grown, 120e6, "what was not read is not kept");
    const from = performance.now();
    await close(finished);
    assertLess(performance.now() - from, 2000, "nor is the end held up");
    for (const connection of stuck) connection.close();
  }));

Deno.test("what is served says that it may load nothing else, and is not to be kept", () =>
  withDashboard(async ({ url }) => {
    const types = {
      "": "text/html; charset=utf-8",
      "icon.svg": "image/svg+xml",
    };
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(url + path);
      const body = await response.text();
      const { headers } = response;
      assertEquals([response.status, headers.get("content-type")], [200, type]);
      assertMatch(
        headers.get("content-security-policy")!,
        /^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}';/,
      );
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertMatch(headers.get("cache-control")!, /^no-store/);
      assertEquals(headers.get("access-control-allow-origin"), null);
      if (path === "") assertStringIncludes(body, "<h1>R&amp;D</h1>");
      // Without a body, and no connection that stays open.
      const head = await fetch(url + path, { method: "HEAD" });
      assertEquals([head.status, await head.text()], [200, ""]);
    }
    const head = await fetch(`${url}events`, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
  }));

Deno.test("a page that is loaded in the last moment is whole, and nothing in it ends its scripts", () =>
  withDashboard(async ({ url, env, grow }) => {
    grow(3);
    const notice = "</script><!--<script>";
    env.observer?.about({ dataset: "mnist", notice, config: {} });
    const page = await (await fetch(url)).text();
    const parts = [...page.matchAll(/<script type="([^"]+)"[^>]*>([^]*?)<\/script>/g)];
    assertEquals(parts.map(([, type]) => type), ["application/json", "module"]);
    const first = JSON.parse(parts[0][2]) as Update;
    assertEquals([first.first, first.rows.length, first.about?.notice], [true, 3, notice]);
    assertEquals(page.slice(0, page.indexOf("<script")).match(/ (src|href)="[^"]+"/g), [
      ' href="/icon.svg"',
    ]);
    assertMatch(page, /<style>[^<]*--ink/);
    assertEquals(inlined("a</script>b<!-- c</SCRIPT>"), "a<\\/script>b<\\!-- c<\\/SCRIPT>");
  }));

Deno.test("whatever else is asked for is refused, whoever asks", () =>
  withDashboard(async ({ port }) => {
    const host = `Host: 127.0.0.1:${port}\r\n`;
    const cases: readonly (readonly [string, number])[] = [
      [`GET / HTTP/1.1\r\n${host}\r\n`, 200],
      [`GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n`, 421],
      [`GET / HTTP/1.1\r\n\r\n`, 421],
      [`GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`, 421],
      [`GET / HTTP/1.1\r\n${host}Origin: http://evil.example\r\n\r\n`, 403],
      [`GET /events HTTP/1.1\r\n${host}Sec-Fetch-Site: cross-site\r\n\r\n`, 403],
      [`POST / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 405],
      [`GET / HTTP/1.1\r\n${host}Content-Length: 9000000000\r\n\r\n`, 413],
      [`GET / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`, 413],
      [`GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`, 404],
      [`GET /client/bundle.js HTTP/1.1\r\n${host}\r\n`, 404],
      [`GET /${"x".repeat(2000)} HTTP/1.1\r\n${host}\r\n`, 414],
      [`GET / HTTP/1.1\r\n${host}X: ${"x".repeat(1 << 20)}\r\n\r\n`, 400],
      [`nonsense\r\n\r\n`, 400],
    ];
    for (const [request, expected] of cases) {
      const answer = await send(port, request).catch(String);
      assertMatch(answer, new RegExp(`^HTTP/1.1 ${expected}`), request.slice(0, 80));
    }
  }));

Deno.test("a port that is taken or forbidden is said before any training", () =>
  withDashboard(async ({ port }) => {
    const taken = describe(left(await startDashboard({ title: "two", port })()));
    assertEquals(
      taken,
      `Cannot use --dashboard: expected a port that nothing else listens on, or 0 for any, ` +
        `current value is ${port}`,
    );
    const options = ["--dashboard", String(port), "--out", "runs/never"];
    const { code, out, err } = await deno("run", "-P", "pipelines/mnist_kwta.ts", ...options);
    assertEquals([code, out, err], [2, "", `${taken}\n`]);
    assert(!await Deno.stat(`${root}runs/never`).then(() => true, () => false));
  }));

Deno.test("a program that has nothing else to do ends, and says which permission is missing", async () => {
  const script = (...permissions: readonly string[]) =>
    deno("run", "--no-prompt", "--allow-read", ...permissions, "tests/pipelines/dashboard/idle.ts");
  const idle = await script("--allow-net=127.0.0.1");
  assertEquals([idle.code, idle.out], [0, "Right\n"]);
  const denied = await script();
  assertEquals(denied.code, 0);
  assertStringIncludes(denied.out, "--allow-net=127.0.0.1");
});
