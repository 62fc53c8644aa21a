/**
 * Documents without a browser: the only file that imports linkedom.
 *
 * @module
 */
import { DOMParser } from "npm:linkedom@0.18.12";

/** The part of an element that is used here; Deno's types have no DOM. */
export interface Element {
  readonly id: string;
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
