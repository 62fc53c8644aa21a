/**
 * A report taken apart again, as far as linkedom reads pages as a browser does.
 *
 * @module
 */
import { type Document, type Element, parseDocument } from "../../../pipelines/report/dom.ts";

type Node = Element | Document;

const all = (
  node: Node,
  selector: string,
): readonly Element[] => [...node.querySelectorAll(selector)];

const texts = (node: Node, selector: string): readonly string[] =>
  all(node, selector).map(({ textContent }) => textContent ?? "");

const cells = (node: Node, selector: string): readonly (readonly string[])[] =>
  all(node, selector).map((row) => texts(row, "th, td"));

/** Parts of a page that the tests read. */
export interface ParsedReport {
  readonly title: string;
  readonly graph: string;
  readonly notices: readonly string[];
  /** The cells of each row of the table of final values. */
  readonly summary: readonly (readonly string[])[];
  readonly configuration: readonly (readonly string[])[];
  readonly figures: readonly {
    readonly id: string;
    readonly caption: string;
    /** Labels of the drawings for screen readers. */
    readonly labels: readonly string[];
    readonly texts: readonly string[];
    readonly paths: readonly string[];
    readonly csv: string;
  }[];
}

/** Parses the page. */
export function parseReport(page: string): ParsedReport {
  const root = parseDocument(page);
  return {
    title: root.querySelector("title")?.textContent ?? "",
    graph: root.querySelector("code")?.textContent ?? "",
    notices: texts(root, ".notice"),
    summary: cells(root, ".summary tbody tr"),
    configuration: cells(root, ".configuration tbody tr"),
    figures: all(root, "figure").map((figure) => ({
      id: figure.id,
      caption: figure.querySelector("figcaption")?.textContent ?? "",
      labels: all(figure, 'svg[role="img"]').map((svg) => svg.getAttribute("aria-label") ?? ""),
      texts: texts(figure, "svg text"),
      paths: all(figure, "path, line, text, circle, g").flatMap((element) =>
        ["d", "transform", "x1", "y1", "x", "y", "cx", "cy"]
          .map((name) => element.getAttribute(name) ?? "")
      ),
      csv: decodeURIComponent(
        (figure.querySelector("a.data")?.getAttribute("href") ?? "").replace(/^[^,]*,/, ""),
      ),
    })),
  };
}
