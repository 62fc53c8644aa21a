/**
 * The figures on the page: each is drawn anew only when it has changed.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Scale } from "../../report/axis.ts";
import { csvLink } from "../../report/csv.ts";
import { html } from "../../report/html.ts";
import { type ChartView, showChart } from "./chart_view.ts";
import { type Measured, type Panel, sectionsOf } from "./panels.ts";

/** All figures. */
export interface FiguresView {
  /** Shows what was measured. */
  readonly show: (measured: Measured, scale: Scale) => void;
  /** Shows the values of an epoch in all figures, or of the newest for null. */
  readonly point: (epoch: number | null) => void;
}

interface Shown {
  readonly element: HTMLElement;
  readonly drawing: HTMLElement;
  readonly readout: HTMLElement;
  readonly caption: HTMLElement;
  /** What was drawn: the same need not be drawn again. */
  drawn: string;
  chart: ChartView | null;
}

/**
 * Figures in an element.
 *
 * @param onPoint Is told the epoch that a pointer is at; null when it leaves.
 */
export function figuresIn(
  main: HTMLElement,
  onPoint: (epoch: number | null) => void,
): FiguresView {
  const shown = new Map<string, Shown>();
  const empty = main.innerHTML;
  let layout = "[]";
  let pointed: number | null = null;

  const place = (sections: ReturnType<typeof sectionsOf>) => {
    const wanted = JSON.stringify(
      sections.map(({ title, panels }) => [title, panels.map(({ id }) => id)]),
    );
    if (wanted === layout) return;
    layout = wanted;
    if (sections.length === 0) main.innerHTML = empty;
    else {main.replaceChildren(...sections.map(({ title, panels }) => {
        const section = document.createElement("section");
        section.innerHTML = html`
          <h2>${title}</h2>
          <div class="figures"></div>
        `.markup;
        section.lastElementChild!.append(...panels.map((panel) => frameOf(panel).element));
        return section;
      }));}
  };
  const frameOf = ({ id, span }: Panel): Shown => {
    const before = shown.get(id);
    if (before !== undefined) return before;
    const element = document.createElement("figure");
    element.id = id;
    element.className = span;
    const [drawing, readout, caption] = ["div", "p", "figcaption"].map((name) =>
      element.appendChild(document.createElement(name))
    );
    drawing.className = "drawing";
    readout.className = "readout";
    const frame: Shown = { element, drawing, readout, caption, drawn: "", chart: null };
    shown.set(id, frame);
    return frame;
  };
  const draw = (panel: Panel, frame: Shown) => {
    const { id, title, caption, data } = panel;
    const content = JSON.stringify([
      frame.drawing.clientWidth,
      "chart" in panel ? [panel.chart.axis.type, panel.chart.lines] : data,
      caption,
    ]);
    if (content === frame.drawn || frame.drawing.clientWidth === 0) return;
    frame.drawn = content;
    frame.caption.innerHTML = html`<b>${title}.</b> ${caption} ${csvLink(data, `${id}.csv`, title)}`
      .markup;
    if ("chart" in panel) {
      frame.chart = showChart(panel, frame.drawing, frame.readout, onPoint);
      frame.chart.point(pointed);
    } else {
      // All of them, as in the report: one may use parts of another.
      frame.drawing.innerHTML = panel.drawings.map(({ screens, svg }) =>
        html`<div class="${screens.join(" ")}">${svg}</div>`.markup
      ).join("");
    }
  };
  return {
    show: (measured, scale) => {
      const sections = sectionsOf(measured, scale);
      place(sections);
      for (const { panels } of sections) {
        for (const panel of panels) draw(panel, frameOf(panel));
      }
    },
    point: (epoch) => {
      pointed = epoch;
      for (const { chart } of shown.values()) chart?.point(epoch);
    },
  };
}
