/**
 * The page of what random codes keep of images.
 *
 * @module
 */
import { configuration } from "../../report/configuration.ts";
import { renderFigure } from "../../report/figure.ts";
import { html } from "../../report/html.ts";
import { page } from "../../report/page.ts";
import { style } from "../../report/style.ts";
import type { Inverse } from "./invert_images.ts";
import { type Restored, restoredFigure } from "./restored_figure.ts";
import { surfaceFigure } from "./surface_figure.ts";
import { translationFigure } from "./translation_figure.ts";

/** What the page tells besides the numbers. */
export interface InversePage {
  /** What was measured. */
  readonly inverse: Inverse;
  /** Some of the images. */
  readonly examples: Restored;
  /** The dataset's name. */
  readonly dataset: string;
  /** What a reader must know before any number, such as that the digits are synthetic. */
  readonly notice: string | null;
  /** Options, seed, backend, versions: whatever it takes to run it again. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The page as the text of an HTML file with nothing to load. */
export function inversePage(
  { inverse, examples, dataset, notice, config }: InversePage,
): string {
  const { images, bounds, surface, translation } = inverse;
  const figures = [
    restoredFigure(examples),
    surfaceFigure(surface, bounds),
    translationFigure(translation.course, translation),
  ];
  const body = html`
    <header>
      <div>
    <h1>A random projection, kWTA, and back</h1>
    <p class="dataset">Dataset: ${dataset}, ${images} test images, binarised: ${(100 *
      bounds.sparsity).toFixed(1)} % of the pixels are set</p>
    ${notice === null ? null : html`
      <p class="notice" role="note">${notice}</p>
    `}</div>
    </header>
    <main>
      <section>
        <h2>What comes back, and what a translation leaves</h2>
        <div class="figures">
    ${figures.map((figure, i) => renderFigure(figure, i + 1))}</div>
      </section>
    </main>
    ${configuration(config)}
  `;
  return page("inverse", style, body);
}
