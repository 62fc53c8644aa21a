/**
 * A figure's drawing as an SVG file of its own.
 *
 * @module
 */
import { type Element, parseSvg } from "./dom.ts";
import type { Figure } from "./figure.ts";
import { dark, declared, light } from "./style.ts";

/** The folder of the files, beside the page. */
const FIGURES_FOLDER = "figures";

/** The file of a figure, relative to the page. */
const figureFile = ({ id }: Pick<Figure, "id">): string => `${FIGURES_FOLDER}/${id}.svg`;

/** Attributes that hold a colour. */
const painted = ["fill", "stroke", "color", "stop-color"] as const;

const reference = /var\(--([a-z-]+)(?:,\s*([^()]+))?\)/g;

/** A colour of the page's as one that every program knows, on light paper. */
function plain(colour: string): string {
  const known = colour.replace(
    reference,
    (_, name: string, fallback?: string) => light[name] ?? fallback ?? light.ink,
  );
  const mixed = /^color-mix\(in \w+, (#\w{6}), (#\w{6}) (\d+)%\)$/.exec(known);
  return mixed === null ? known : mix(mixed[1], mixed[2], Number(mixed[3]) / 100);
}

/** Mixes two colours, channel by channel. */
function mix(from: string, to: string, part: number): string {
  const channel = (colour: string, i: number) => parseInt(colour.slice(2 * i + 1, 2 * i + 3), 16);
  return `#${
    [0, 1, 2].map((i) =>
      Math.round(channel(from, i) * (1 - part) + channel(to, i) * part).toString(16)
        .padStart(2, "0")
    ).join("")
  }`;
}

/**
 * A figure as the text of an SVG file: what a wide screen shows of it, on paper of its own. It is light,
 * and dark where the reader prefers it; a program that knows no variables of CSS sees it light.
 *
 * @returns null for a figure that is not drawn as one SVG element.
 *
 * @example
 * ```ts
 * import { standalone } from "./standalone.ts";
 * import { lossFigure } from "./figures/curves.ts";
 * import { assertMatch } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const row = { epoch: 1, step: 9, split: "train", name: "loss", value: 0.5 } as const;
 * const figure = lossFigure([row, { ...row, epoch: 2, step: 18, value: 0.25 }]);
 * assertMatch(figure && standalone(figure) || "", /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
 * ```
 */
export function standalone({ title, caption, drawings }: Figure): string | null {
  const markup = drawings.find(({ screens }) => screens.includes("wide"))?.svg.markup.trim() ?? "";
  if (!/^<svg[\s>][^]*<\/svg>$/.test(markup) || markup.indexOf("<svg", 1) >= 0) return null;
  const { root, create, text } = parseSvg(markup);
  const rules = new Map<string, string>();
  for (const element of [root, ...root.querySelectorAll("*")]) {
    const classes: string[] = [];
    for (const name of painted) {
      const colour = element.getAttribute(name);
      if (colour === null || !colour.includes("var(")) continue;
      const rule = `${name}: ${colour}`;
      if (!rules.has(rule)) rules.set(rule, `c${rules.size}`);
      classes.push(rules.get(rule)!);
      element.setAttribute(name, plain(colour));
    }
    const style = element.getAttribute("style");
    if (style?.includes("var(")) element.setAttribute("style", style.replace(reference, plain));
    // The page's own classes mean nothing here.
    element.removeAttribute("class");
    if (classes.length > 0) element.setAttribute("class", classes.join(" "));
  }
  const [, , width = "0", height = "0"] = (root.getAttribute("viewBox") ?? "").split(/[\s,]+/);
  root.setAttribute("width", width);
  root.setAttribute("height", height);
  root.setAttribute("color", light.ink);
  root.setAttribute("font-family", 'system-ui, "Helvetica Neue", Arial, sans-serif');
  const css = create("style", {});
  // A program that does not know variables does not know @supports either, or finds them missing.
  css.textContent = "text, tspan { white-space: pre }\n" +
    "@supports (color: var(--ink)) {\n" +
    `svg { ${declared(light)} color: var(--ink) }\n` +
    `@media (prefers-color-scheme: dark) { svg { ${declared(dark)} } }\n` +
    [...rules].map(([rule, name]) => `.${name} { ${rule} }\n`).join("") +
    ".paper { fill: var(--paper) }\n}";
  const paper = create("rect", { width, height, fill: light.paper, class: "paper" });
  prepend(root, [
    described(create("title", {}), title),
    described(create("desc", {}), caption),
    css,
    paper,
  ]);
  return text();
}

function described(element: Element, text: string): Element {
  element.textContent = text;
  return element;
}

function prepend(root: Element, first: readonly Element[]): void {
  const rest = [...root.children];
  for (const element of [...first, ...rest]) root.append(element);
}

/** Returns the SVG files of figures by their paths, relative to the page; some figures have none. */
export const drawingsOf = (figures: readonly Figure[]): ReadonlyMap<string, string> =>
  new Map(figures.flatMap((figure) => {
    const text = standalone(figure);
    return text === null ? [] : [[figureFile(figure), text] as const];
  }));

/** Returns the path of a figure's file among `files`, or null where there is none. */
export const fileIn = (files: ReadonlyMap<string, string>, figure: Figure): string | null =>
  files.has(figureFile(figure)) ? figureFile(figure) : null;
