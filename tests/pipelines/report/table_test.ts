import { toCsv } from "../../../pipelines/report/csv.ts";
import { parseDocument } from "../../../pipelines/report/dom.ts";
import { html } from "../../../pipelines/report/html.ts";
import { sectionPage } from "../../../pipelines/report/sections.ts";
import { asCsv, asHtml, asText, type Columns } from "../../../pipelines/report/table.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

interface Try {
  readonly name: string;
  readonly found: number | null;
}

const tries: Columns<Try> = {
  columns: [
    { heading: "try", value: ({ name }) => name, names: true },
    {
      heading: "found, %",
      key: "found",
      value: ({ found }) => found,
      show: ({ found }) => found === null ? "refused" : (100 * found).toFixed(1),
      strong: ({ found }) => found !== null && found > 0.5,
    },
    {
      heading: "place",
      value: (_, at) => at + 1,
      content: (_, at) => html`<a href="#${at}">${at + 1}</a>`,
    },
  ],
  rows: [{ name: "<a>", found: 0.98765 }, { name: "b", found: 0.25 }, { name: "c", found: null }],
};

Deno.test("a table is the same for a terminal, a spreadsheet and a page, each in its way", () => {
  assertEquals(
    asText(tries),
    "try  found, %  place\n<a>      98.8      1\nb        25.0      2\nc     refused      3",
  );
  assertEquals(toCsv(asCsv(tries)), "try,found,place\n<a>,0.98765,1\nb,0.25,2\nc,,3\n");
  const { markup } = asHtml(tries, { label: "All tries", file: "tries", note: "Of one seed." });
  const document = parseDocument(`<!doctype html><html><body>${markup}</body></html>`);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  assertEquals(texts("thead th"), ["try", "found, %", "place"]);
  assertEquals(texts("tbody th[scope=row]"), ["<a>", "b", "c"]);
  assertEquals(texts("tbody td"), ["98.8", "1", "25.0", "2", "refused", "3"]);
  assertEquals(texts("td.strong"), ["98.8"]);
  assertEquals(texts("td.weak"), ["25.0", "refused"]);
  assertEquals(texts("tbody td a"), ["1", "2", "3"]);
  assertEquals(document.querySelector(".scroll")?.getAttribute("aria-label"), "All tries");
  const link = document.querySelector(".below a");
  assertEquals(link?.getAttribute("download"), "tries.csv");
  const data = decodeURIComponent(link?.getAttribute("href")?.split(",").slice(1).join() ?? "");
  assertEquals(data, toCsv(asCsv(tries)));
});

Deno.test("rows of a group have a body of their own; without a file there is nothing to download", () => {
  const { markup } = asHtml(tries, {
    label: "tries",
    group: ({ found }) => found === null ? "refused" : "found",
  });
  assertEquals(markup.match(/<tbody>/g)?.length, 2);
  assert(!markup.includes("download") && !markup.includes('class="below"'));
});

Deno.test("a page of sections numbers its figures through and escapes what it is given", () => {
  const figure = (id: string) => ({
    id,
    title: id,
    caption: "It is seen.",
    drawings: [],
    data: { header: ["x"], rows: [] },
    span: "half",
  } as const);
  const page = sectionPage({
    tab: "tab",
    title: "A & B",
    about: null,
    notices: ["Not <all>."],
    sections: [
      { title: "First", id: "first", before: "before", figures: [figure("one")] },
      { title: "Second", figures: [figure("two"), figure("three")], after: "after" },
    ],
    config: { seed: 26 },
    fileOf: ({ id }) => id === "two" ? "figures/two.svg" : null,
  });
  const document = parseDocument(page);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  assertEquals(texts("h1"), ["A & B"]);
  assertEquals(texts(".notice"), ["Not <all>."]);
  assertEquals(texts("section h2"), ["First", "Second"]);
  assertEquals(texts("figcaption b"), ["Figure 1. one.", "Figure 2. two.", "Figure 3. three."]);
  assertEquals(document.querySelector("#first")?.querySelector("figure")?.id, "one");
  assertEquals([...page.matchAll(/href="figures\/\w+\.svg"/g)].length, 1);
  assertStringIncludes(page, "26");
  assert(!page.includes('class="dataset"') && !page.includes("<script"));
});
