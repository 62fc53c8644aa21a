import { graph } from "../../../graph/parse.ts";
import { renderReport, reportFiles } from "../../../pipelines/report/report.ts";
import { parseReport } from "./parse.ts";
import { simulate } from "./fixture.ts";
import { assert, assertEquals, assertMatch, assertNotMatch } from "../../assert.ts";

const model = {
  graph: graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`,
  input: [784],
};

/**
 * Finds the first fault that keeps a text from being XML: tags that do not nest, attributes without quotes, loose
 * signs.
 */
function faultOf(text: string): string | null {
  const open: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const [piece, close, name, , self] =
      /^<(\/?)([a-zA-Z]\w*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/.exec(rest) ?? [];
    if (piece === undefined) {
      const [content] = /^[^<]+/.exec(rest) ?? [];
      if (content === undefined || open.length === 0) return `at ${rest.slice(0, 40)}`;
      if (/&(?!(amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i.test(content)) return content;
      rest = rest.slice(content.length);
      continue;
    }
    if (close === "/" && open.pop() !== name) return `</${name}>`;
    if (close === "" && self === "") open.push(name);
    rest = rest.slice(piece.length);
  }
  return open.length === 0 ? null : open.join(" ");
}

Deno.test("the check of XML finds what is wrong", () => {
  assertEquals(faultOf(`<a b="1"><c/>x &amp; y</a>`), null);
  for (const bad of ["<a>", "<a b=1/>", "<a><b></a></b>", "<a>x & y</a>", "<a hidden/>"]) {
    assert(faultOf(bad) !== null, bad);
  }
});

Deno.test("every figure is an SVG file that stands alone, and the page links to it", () => {
  const { page, drawings } = reportFiles(simulate({ model }));
  const { figures } = parseReport(page);
  assertEquals([...drawings.keys()], figures.map(({ id }) => `figures/${id}.svg`));
  const links = [...page.matchAll(/\shref="(figures[^"]*)"/g)].map(([, file]) => file);
  assertEquals(links, [...drawings.keys()]);
  for (const [file, text] of drawings) {
    assertEquals(faultOf(text), null, file);
    assertMatch(text, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assertMatch(text, /<title>.+<\/title><desc>.+<\/desc>/);
    // A program that knows no variables has plain colours, and the others a dark form.
    assertNotMatch(text.replace(/<style>[^]*?<\/style>/, ""), /var\(|color-mix|class="plot"/);
    assertMatch(text, /prefers-color-scheme: dark/);
    assertNotMatch(text, /NaN|undefined|<use|<script|url\(/);
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(text) ?? [];
    assert(Number(width) > 200 && Number(height) > 30, file);
  }
});

Deno.test("a page without its files links to none", () => {
  assertNotMatch(renderReport(simulate({ model })), /href="figures/);
});
