/**
 * Documents without a browser: the only file that imports linkedom.
 *
 * @module
 */
import { DOMParser } from "npm:linkedom@0.18.12";

/** The part of an element that is used here; Deno's types have no DOM. */
export interface Element {
  readonly id: string;
  readonly children: Iterable<Element>;
  readonly outerHTML: string;
  textContent: string | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  append(...children: Element[]): void;
  remove(): void;
}

/** The part of a document that is used here. */
export interface Document {
  createElementNS(namespace: string, name: string): Element;
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/**
 * Parses a page.
 *
 * @example
 * ```ts
 * import { parseDocument } from "./dom.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const document = parseDocument("<!doctype html><html><title>a &amp; b</title></html>");
 * assertEquals(document.querySelector("title")?.textContent, "a & b");
 * ```
 */
export const parseDocument = (page: string): Document =>
  new DOMParser().parseFromString(page, "text/html") as unknown as Document;

/** An SVG element as a document of its own. */
export interface SvgDocument {
  readonly root: Element;
  /** A new element of it. */
  readonly create: (name: string, attributes: Readonly<Record<string, string>>) => Element;
  /** Returns the element as it is now, in XML. */
  readonly text: () => string;
}

/** Parses an SVG element as it stands in a page, in which no namespace is declared. */
export function parseSvg(markup: string): SvgDocument {
  const namespace = "http://www.w3.org/2000/svg";
  const declared = markup.includes(`xmlns="${namespace}"`)
    ? markup
    : markup.replace("<svg", `<svg xmlns="${namespace}"`);
  const document = new DOMParser().parseFromString(declared, "image/svg+xml");
  return {
    root: document.documentElement as unknown as Element,
    create: (name, attributes) => {
      const element = document.createElementNS(namespace, name, undefined) as unknown as Element;
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    },
    text: () => document.documentElement!.outerHTML + "\n",
  };
}
