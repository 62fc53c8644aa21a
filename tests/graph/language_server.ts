/**
 * Client of Deno's language server that sends the requests of an editor.
 *
 * Source: the Language Server Protocol, microsoft.github.io/language-server-protocol.
 *
 * @module
 */
import { root } from "../pipelines/process.ts";

/** A server that takes longer is ended, and the questions that are open fail. */
const MOST_SECONDS = 60;

/** A message from the server: an answer has no method, a notification no id. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Hover {
  readonly contents: { readonly value: string };
}

/** Messages that come in frames: a header with the number of bytes, an empty line, and JSON. */
async function* messages(stream: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  let bytes = new Uint8Array();
  for await (const chunk of stream) {
    bytes = new Uint8Array([...bytes, ...chunk]);
    for (;;) {
      // One character per byte, so that an index in the one is an index in the other.
      const text = new TextDecoder("latin1").decode(bytes);
      const header = /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(text);
      if (header === null) break;
      const end = header[0].length + Number(header[1]);
      if (bytes.length < end) break;
      yield JSON.parse(new TextDecoder().decode(bytes.slice(header[0].length, end)));
      bytes = bytes.slice(end);
    }
  }
}

/**
 * Returns the texts that an editor shows for each constant of a program.
 *
 * @param source The program, as if it lay in the folder of this file; its constants start a line each.
 * @returns The line of the hover for each constant's name: `const a: number`.
 */
export async function hoversOf(source: string): Promise<ReadonlyMap<string, string>> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["lsp", "--quiet"],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const patience = setTimeout(() => server.kill(), MOST_SECONDS * 1000);
  const writer = server.stdin.getWriter();
  const send = async (message: object) => {
    const body = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", ...message }));
    await writer.write(new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`));
    await writer.write(body);
  };

  const waiting = new Map<number, (answer: Message) => void>();
  const reading = (async () => {
    for await (const message of messages(server.stdout)) {
      const { id, method, params } = message;
      if (id === undefined) continue;
      // The server has questions too, and does nothing before they are answered: null is "as you like".
      if (method !== undefined) await send({ id, result: params?.items?.map(() => null) ?? null });
      else waiting.get(id)?.(message);
    }
    for (const answer of waiting.values()) answer({ error: { message: "the server has ended" } });
  })();
  let asked = 0;
  const ask = async (method: string, params?: object): Promise<unknown> => {
    const id = asked++;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    await send({ id, method, params });
    const { result, error } = await answer;
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };

  try {
    const uri = new URL("hovered.ts", import.meta.url).href;
    await ask("initialize", {
      processId: null,
      rootUri: new URL(".", import.meta.url).href,
      capabilities: { textDocument: { hover: { contentFormat: ["markdown"] } } },
      initializationOptions: { enable: true },
    });
    await send({ method: "initialized", params: {} });
    const textDocument = { uri, languageId: "typescript", version: 1, text: source };
    await send({ method: "textDocument/didOpen", params: { textDocument } });
    const hovers = new Map<string, string>();
    for (const [line, text] of source.split("\n").entries()) {
      const name = /^const (\w+)/.exec(text)?.[1];
      if (name === undefined) continue;
      const position = { line, character: "const ".length };
      const hover = await ask("textDocument/hover", { textDocument: { uri }, position }) as
        | Hover
        | null;
      hovers.set(name, /^const .*$/m.exec(hover?.contents.value ?? "")?.[0] ?? "");
    }
    await ask("shutdown");
    await send({ method: "exit" });
    return hovers;
  } finally {
    await writer.close().catch(() => {});
    await server.status;
    clearTimeout(patience);
    await reading;
  }
}
