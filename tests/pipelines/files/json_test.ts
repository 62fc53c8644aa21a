import * as fc from "npm:fast-check@4.3.0";
import { parseJson } from "../../../pipelines/files/json.ts";
import { readSafetensors } from "../../../pipelines/files/safetensors.ts";
import { assert, assertEquals } from "../../assert.ts";
import { left } from "../tiny.ts";

Deno.test("what is within bounds is what JSON.parse makes of it, and what is no JSON is undefined", () => {
  fc.assert(fc.property(fc.json(), fc.nat(), (text, at) => {
    assertEquals(parseJson(text), JSON.parse(text));
    const cut = text.slice(0, at % text.length);
    let expected: unknown;
    try {
      expected = JSON.parse(cut);
    } catch { /* It is none. */ }
    assertEquals(parseJson(cut), expected);
  }));
});

Deno.test("brackets, colons and backslashes in texts count for nothing", () => {
  const texts = ["[".repeat(5000), '\\"{'.repeat(5000), "\\".repeat(5001), ':"'.repeat(5000)];
  for (const text of texts) {
    assertEquals(parseJson(JSON.stringify({ [text]: text })), { [text]: text });
  }
});

Deno.test("a history of a million rows is read, whatever the file says of itself", () => {
  const row = '{"epoch":1,"step":10,"split":"test","name":"accuracy","value":0.91234},';
  const rows = parseJson(`[${row.repeat(1_000_000)}0]`);
  assert(Array.isArray(rows) && rows.length === 1_000_001);
});

/** Texts of a number of bytes that would take many times as much once they are parsed. */
const greedy = (bytes: number): readonly (readonly [name: string, () => string])[] => [
  ["brackets", () => "[".repeat(bytes)],
  ["objects in objects", () => '{"":'.repeat(bytes / 4)],
  ["empty arrays", () => `[${"[],".repeat(bytes / 3)}0]`],
  ["empty objects", () => `[${"{},".repeat(bytes / 3)}0]`],
  ["keys", () => `{${Array.from({ length: bytes / 10 }, (_, i) => `"${i}":0,`).join("")}"":0}`],
];

for (const [name, textOf] of greedy(40e6)) {
  Deno.test(`a header of 40 MB of ${name} is refused, and takes at most four times that and 64 MB`, () => {
    const text = new TextEncoder().encode(textOf());
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    const before = Deno.memoryUsage().rss;
    assertEquals(left(readSafetensors("m", bytes))._tag, "CorruptFile");
    const taken = Deno.memoryUsage().rss - before;
    assert(taken < 4 * bytes.length + 64e6, `${taken} bytes`);
  });
}
