/**
 * The modules of parser-ts that Sparrow uses, with the version in this one place.
 *
 * @module
 */
export * as P from "npm:parser-ts@0.7.0/lib/Parser.js";
export { type Stream, stream } from "npm:parser-ts@0.7.0/lib/Stream.js";
