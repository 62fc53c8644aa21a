/**
 * Figures of the dashboard's page: the report's, each redrawn only when it has changed, and charts with a cursor that
 * shows the values of an epoch.
 *
 * @module
 */
/// <reference lib="dom" />
import type { History } from "../../core/history.ts";
import type { Looks, SentCodes } from "../update.ts";
import type { Scale } from "../../report/axis.ts";
import { csvLink } from "../../report/csv.ts";
import type { Figure } from "../../report/figure.ts";
import { centroidFigures } from "../../report/figures/centroids.ts";
import { confusedImagesFigure } from "../../report/figures/confused_images.ts";
import { confusionFigure } from "../../report/figures/confusion.ts";
import {
  accuracyChart,
  activeBitsChart,
  classSpreadChart,
  gradientCharts,
  lossChart,
  scheduleCharts,
} from "../../report/figures/curves.ts";
import { dutyCycleFigure } from "../../report/figures/duty_cycles.ts";
import { exampleCodesFigure } from "../../report/figures/example_codes.ts";
import { informationPlaneFigures } from "../../report/figures/information_plane.ts";
import { type Model, modelDiagram } from "../../report/figures/model_diagram.ts";
import { reconstructionsFigure } from "../../report/figures/reconstructions.ts";
import { saliencyFigure } from "../../report/figures/saliency.ts";
import { timingFigure } from "../../report/figures/timing.ts";
import { compact, fraction } from "../../report/format.ts";
import { html } from "../../report/html.ts";
import { type ChartSize, epochs, type LineFigure, linePlot } from "../../report/line_chart.ts";
import { drawElement } from "../../report/plot.ts";

/** All figures of the page. */
export interface FiguresView {
  /** Shows measurements. */
  readonly show: (measured: Measured, scale: Scale) => void;
  /** Shows the values of an epoch in all figures, or of the newest for null. */
  readonly point: (epoch: number | null) => void;
}

interface Shown {
  readonly element: HTMLElement;
  readonly drawing: HTMLElement;
  readonly readout: HTMLElement;
  readonly caption: HTMLElement;
  /** Figure that was drawn last; the same is not drawn again. */
  drawn: string;
  chart: ChartView | null;
}

/**
 * Figures in an element.
 *
 * @param onPoint Called with the epoch under the pointer; null when it leaves.
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

// ---- Figures of a history

/** A figure over epochs, or one that is drawn already. */
export type Panel = LineFigure | Figure;

/** Figures under a title. */
export interface PanelSection {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const present = <A>(values: readonly (A | null)[]): readonly A[] =>
  values.filter((value): value is A & NonNullable<A> => value !== null);

/** The measurements and findings that figures show. */
export interface Measured {
  /** History of the run. */
  readonly history: History;
  /** History with the loss of the epoch under way. */
  readonly growing: History;
  readonly model: Model | null;
  readonly classCodes: SentCodes | null;
  readonly looks: Looks;
}

/** Makes a function that is called again only where an argument is not that of the last time. */
function remembering<A extends readonly unknown[], B>(make: (...of: A) => B): (...of: A) => B {
  let last: { readonly of: A; readonly made: B } | null = null;
  return (...of) => {
    const same = last !== null && of.every((one, i) => one === last!.of[i]);
    return (last = same ? last! : { of, made: make(...of) }).made;
  };
}

// These figures are drawn when they are made: once an epoch, and not with every loss.
const diagramOf = remembering((model: Model | null) => model && modelDiagram(model));
const planesOf = remembering(informationPlaneFigures);
const centroidsOf = remembering((codes: SentCodes | null, { evaluation }: Looks) => [
  ...codes === null ? [] : centroidFigures(codes),
  ...present([evaluation && exampleCodesFigure(evaluation, codes)]),
]);
const confusionOf = remembering(({ evaluation }: Looks) =>
  evaluation && confusionFigure(evaluation)
);
const confusedOf = remembering((codes: SentCodes | null, { evaluation }: Looks) =>
  evaluation && confusedImagesFigure(evaluation, codes)
);
const reconstructionsOf = remembering(({ reconstructions }: Looks, history: History) =>
  reconstructionsFigure(reconstructions, history)
);
const saliencyOf = remembering(({ explanations }: Looks) => saliencyFigure(explanations));
const dutyOf = remembering(({ evaluation }: Looks) => dutyCycleFigure(evaluation?.duty ?? null));
const timingOf = remembering(timingFigure);

/** Makes the figures, section by section. */
const sectionsOf = (
  { history, growing, model, classCodes, looks }: Measured,
  scale: Scale,
): readonly PanelSection[] =>
  [
    { title: "Training", panels: present([accuracyChart(history), lossChart(growing, scale)]) },
    { title: "Model", panels: present([diagramOf(model)]) },
    { title: "Information plane", panels: planesOf(history) },
    { title: "Class centroids", panels: centroidsOf(classCodes, looks) },
    {
      title: "Classes apart and confused",
      panels: present<Panel>([
        confusionOf(looks),
        classSpreadChart(history, scale),
        confusedOf(classCodes, looks),
      ]),
    },
    { title: "Reconstructions", panels: present([reconstructionsOf(looks, history)]) },
    { title: "Where it looks", panels: present([saliencyOf(looks)]) },
    { title: "Gradients", panels: gradientCharts(history, scale) },
    {
      title: "Schedules and codes",
      panels: present<Panel>([
        ...scheduleCharts(history, scale),
        activeBitsChart(history, scale),
        dutyOf(looks),
      ]),
    },
    { title: "Where the time went", panels: present([timingOf(history)]) },
  ].filter(({ panels }) => panels.length > 0);

// ---- Charts

/** A chart that is on the page. */
export interface ChartView {
  /** Shows the values of an epoch, or of the newest for null. */
  readonly point: (epoch: number | null) => void;
}

const sizeFor = (span: "half" | "quarter", width: number): ChartSize => ({
  width,
  height: span === "half" ? 300 : 190,
  fontSize: width > 500 ? 12 : 11,
  ticks: Math.max(3, Math.floor(width / 60)),
});

/**
 * Draws a chart in place of the one before.
 *
 * @param onPoint Called with the epoch that a pointer is at; null when it leaves.
 */
function showChart(
  { id, chart }: LineFigure,
  drawing: HTMLElement,
  readout: HTMLElement,
  onPoint: (epoch: number | null) => void,
): ChartView {
  const size = sizeFor(chart.span, drawing.clientWidth);
  const drawn = drawElement(linePlot(chart, size), chart.label);
  const svg = drawn as unknown as SVGSVGElement;
  const [x, y] = [drawn.scale("x"), drawn.scale("y")];
  const known = epochs(chart.lines);
  const [top, bottom] = [Math.min(...y!.range!), Math.max(...y!.range!)];
  const rule = svgPart("line", { y1: top, y2: bottom, stroke: "var(--muted)" });
  const marks = chart.lines.map(({ colour }) =>
    svgPart("circle", { r: 4.5, fill: "var(--paper)", stroke: colour, "stroke-width": 2 })
  );
  svg.append(rule, ...marks);
  drawing.replaceChildren(svg);

  const nearest = (event: PointerEvent): number | null => {
    const box = svg.getBoundingClientRect();
    const at = x!.invert!((event.clientX - box.left) * size.width / box.width);
    return known.reduce<number | null>(
      (best, epoch) => best === null || Math.abs(epoch - at) < Math.abs(best - at) ? epoch : best,
      null,
    );
  };
  drawing.onpointermove = drawing.onpointerdown = (event) => onPoint(nearest(event));
  drawing.onpointerleave = () => onPoint(null);

  const format = id === "accuracy" ? fraction : compact;
  const valueAt = (line: number, epoch: number): number | undefined =>
    chart.lines[line].points.find((point) => point.epoch === epoch)?.value;
  return {
    point: (wanted) => {
      const epoch = wanted ?? known.at(-1);
      if (epoch === undefined) return;
      const said = chart.lines.map(({ label }, i) => {
        const value = valueAt(i, epoch);
        return `${label} ${value === undefined ? "not measured" : format(value)}`;
      });
      readout.textContent = `epoch ${epoch}: ${said.join(", ")}`;
      const left = String(x!.apply(epoch));
      rule.setAttribute(
        "visibility",
        wanted !== null && known.includes(epoch) ? "visible" : "hidden",
      );
      rule.setAttribute("x1", left);
      rule.setAttribute("x2", left);
      for (const [i, mark] of marks.entries()) {
        const value = valueAt(i, epoch);
        const seen = wanted !== null && value !== undefined && Number.isFinite(value);
        mark.setAttribute("visibility", seen ? "visible" : "hidden");
        if (!seen) continue;
        mark.setAttribute("cx", left);
        mark.setAttribute("cy", String(y!.apply(value)));
      }
    },
  };
}

function svgPart(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
