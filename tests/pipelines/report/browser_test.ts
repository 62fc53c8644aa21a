import { renderReport } from "../../../pipelines/report/report.ts";
import { simulate } from "./fixture.ts";
import { assert, assertEquals, assertGreater, assertNotEquals } from "../../assert.ts";

const chromium = "/usr/bin/chromium";

const isThere = (file: string): boolean => {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
};

/** Runs chromium on a file, with a profile of its own; resolves to what it printed. */
async function browse(directory: string, ...parameters: readonly string[]): Promise<string> {
  const profile = await Deno.makeTempDir({ dir: directory });
  const { success, stdout } = await new Deno.Command(chromium, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--hide-scrollbars",
      `--user-data-dir=${profile}`,
      ...parameters,
    ],
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(14_000),
  }).output();
  assert(success, "chromium fails");
  return new TextDecoder().decode(stdout);
}

/** Measurements of the page in a frame of some width. */
interface Measured {
  readonly width: number;
  readonly pageWidth: number;
  readonly figures: readonly {
    readonly id: string;
    readonly drawings: readonly { readonly width: number; readonly height: number }[];
    /** Width of the cells of a heatmap, 0 without. */
    readonly cellsWidth: number;
  }[];
}

/** A page that shows the report in frames of several widths and writes down what it sees. */
const observer = (page: string, widths: readonly number[]): string =>
  `<!doctype html>
<meta charset="utf-8"><pre></pre><script>
const page = ${JSON.stringify(page).replaceAll("<", "\\u003c")};
const size = (element) => {
  const { width, height } = element.getBoundingClientRect();
  return { width, height };
};
const measure = (frame) => ({
  width: frame.clientWidth,
  pageWidth: frame.contentDocument.documentElement.scrollWidth,
  figures: [...frame.contentDocument.querySelectorAll("figure")].map((figure) => {
    const drawings = [...figure.querySelectorAll("svg")].filter((svg) => size(svg).width > 0);
    const cells = drawings[0]?.querySelector("[id$=-cells], use");
    return {
      id: figure.id,
      drawings: drawings.map(size),
      cellsWidth: cells ? size(cells).width : 0,
    };
  }),
});
const frames = ${JSON.stringify(widths)}.map((width) => {
  const frame = document.createElement("iframe");
  frame.style = "border:0;height:600px;width:" + width + "px";
  frame.srcdoc = page;
  document.body.append(frame);
  return new Promise((done) => frame.onload = () => done(measure(frame)));
});
Promise.all(frames).then((all) => {
  document.body.textContent = "measured" + JSON.stringify(all) + "measured";
});
</script>`;

async function withPage(use: (directory: string, page: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "sparrow-report-" });
  try {
    const page = renderReport(simulate({ notice: "The digits are synthetic." }));
    await Deno.writeTextFile(`${directory}/report.html`, page);
    await use(directory, page);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test({
  name: `report: chromium shows every figure on a phone, a tablet and a desktop`,
  ignore: !isThere(chromium),
  fn: () =>
    withPage(async (directory, page) => {
      const widths = [360, 800, 1200];
      await Deno.writeTextFile(`${directory}/observer.html`, observer(page, widths));
      const seen = await browse(directory, "--dump-dom", `file://${directory}/observer.html`);
      const measured = JSON.parse(seen.split("measured")[1] ?? "[]") as readonly Measured[];
      assertEquals(measured.map(({ width }) => width), widths);
      for (const { width, pageWidth, figures } of measured) {
        assertEquals(pageWidth, width, "nothing sticks out at the side");
        assertEquals(figures.length, 8);
        for (const { id, drawings, cellsWidth } of figures) {
          assertEquals(drawings.length, 1, `${id}: one drawing is shown at ${width}`);
          const drawn = drawings[0] ?? { width: 0, height: 0 };
          assertGreater(drawn.width, 200);
          assertGreater(drawn.height, 100);
          if (id.startsWith("centroid")) assertGreater(cellsWidth, 0.7 * drawn.width);
        }
      }
    }),
});

Deno.test({
  name: "report: chromium paints the page, light and dark",
  ignore: !isThere(chromium),
  fn: () =>
    withPage(async (directory) => {
      const paint = async (scheme: number): Promise<Uint8Array> => {
        const file = `${directory}/${scheme}.png`;
        await browse(
          directory,
          `--blink-settings=preferredColorScheme=${scheme}`,
          `--screenshot=${file}`,
          "--window-size=1200,1000",
          `file://${directory}/report.html`,
        );
        return await Deno.readFile(file);
      };
      const [dark, light] = [await paint(0), await paint(1)];
      // A blank page of this size takes about 6 KB.
      for (const image of [dark, light]) assertGreater(image.length, 40_000);
      assertNotEquals(dark, light);
    }),
});
