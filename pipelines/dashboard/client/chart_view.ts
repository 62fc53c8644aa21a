/**
 * A line chart on the page, with a cursor that tells the values of an epoch.
 *
 * @module
 */
/// <reference lib="dom" />
import { compact, fraction } from "../../report/format.ts";
import { type ChartSize, type LineFigure, linePlot } from "../../report/line_chart.ts";
import { drawElement } from "../../report/plot.ts";
import { epochs } from "../../report/series.ts";

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
 * Draws a chart in place of what was there.
 *
 * @param onPoint Is told the epoch that a pointer is at; null when it leaves.
 */
export function showChart(
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
