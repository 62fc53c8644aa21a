import * as fc from "npm:fast-check@4.3.0";
import { printable, printableLines } from "../../graph/printable.ts";
import { assertEquals } from "../assert.ts";

/** Controls, the characters of Unicode's Bidi_Control, and the separators of lines and paragraphs. */
const unseen = [
  ...Array.from({ length: 32 }, (_, code) => code),
  ...Array.from({ length: 33 }, (_, code) => 0x7f + code),
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code));

/** Text of which about half would not be seen. */
const texts = fc.string({
  unit: fc.oneof(fc.constantFrom(...unseen), fc.string({ unit: "binary" })),
});

Deno.test("what is not seen is written as an escape, and everything else is left as it is", () => {
  for (const character of unseen) {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    assertEquals(printable(`a${character}b`), `a\\u${code}b`);
    const lines = "\n\t".includes(character) ? character : `\\u${code}`;
    assertEquals(printableLines(`a${character}b`), `a${lines}b`);
  }
  const seen = "Привет, שלום, 你好, héllo, e\u0301, 👩\u200d🚀, \u00a0 –";
  assertEquals([printable(seen), printableLines(seen)], [seen, seen]);
  fc.assert(fc.property(texts, (text) => {
    assertEquals(unseen.filter((character) => printable(text).includes(character)), []);
    assertEquals(printable(printable(text)), printable(text));
  }));
});

Deno.test("JSON that is printed is JSON of the same value", () => {
  fc.assert(fc.property(fc.dictionary(texts, fc.array(texts)), (value) => {
    for (const indent of [0, 2]) {
      const json = JSON.stringify(value, null, indent);
      assertEquals(JSON.parse(printableLines(json)), JSON.parse(json));
    }
  }));
});
