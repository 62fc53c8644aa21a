import { E } from "../../../graph/fp_ts.ts";
import { download } from "../../../pipelines/data/obtain.ts";
import { assertEquals } from "../../assert.ts";

const limits = { response: 1000, body: 1000, bytes: 10 };
const url = "https://one.example/file";

const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

Deno.test("download returns the body, in order, up to the bound", async () => {
  const pieces = [Uint8Array.of(1, 2), Uint8Array.of(3), new Uint8Array(7)];
  const answer = () => Promise.resolve(new Response(ReadableStream.from(pieces)));
  assertEquals(
    await download(url, answer, limits)(),
    E.right(Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 0, 0)),
  );
  assertEquals(
    await download(url, answer, { ...limits, bytes: 9 })(),
    E.left("expected at most 9 bytes, it sends more"),
  );
});

Deno.test("download stops an endless body", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      sent++;
      controller.enqueue(new Uint8Array(4));
    },
  });
  await download(url, () => Promise.resolve(new Response(endless)), limits)();
  assertEquals(sent < 10, true);
});

Deno.test("download gives up on a server that does not answer", async () => {
  assertEquals(
    await download(url, (_, { signal }) => hanging(signal), { ...limits, response: 20 })(),
    E.left("no response within 0.02 s"),
  );
});

Deno.test("download gives up on a body that does not end", async () => {
  const answer = (_: string, { signal }: { readonly signal: AbortSignal }) =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (controller) => {
            controller.enqueue(Uint8Array.of(1));
            signal.addEventListener("abort", () => controller.error(signal.reason));
          },
        }),
      ),
    );
  assertEquals(
    await download(url, answer, { ...limits, body: 20 })(),
    E.left("the download did not end within 0.02 s"),
  );
});

Deno.test("download reports the status and what fetch says", async () => {
  const status = () =>
    Promise.resolve(new Response("no", { status: 403, statusText: "Forbidden" }));
  assertEquals(await download(url, status, limits)(), E.left("HTTP status 403 Forbidden"));
  const plain = () => Promise.reject(new TypeError("not capable"));
  assertEquals(await download(url, plain, limits)(), E.left("not capable"));
  const caused = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("dns") }));
  assertEquals(await download(url, caused, limits)(), E.left("dns"));
});
