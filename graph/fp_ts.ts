/**
 * The modules of fp-ts that Sparrow uses, with the version in this one place.
 *
 * Specifiers are written in full because an import map does not reach a module that is
 * imported from a URL.
 */
/** A value or an error. */
export * as E from "npm:fp-ts@2.16.11/lib/Either.js";
/** A task with an environment, whose result is a value or an error. */
export * as RTE from "npm:fp-ts@2.16.11/lib/ReaderTaskEither.js";
/** A task whose result is a value or an error. */
export * as TE from "npm:fp-ts@2.16.11/lib/TaskEither.js";
export { pipe } from "npm:fp-ts@2.16.11/lib/function.js";
export type { Monoid } from "npm:fp-ts@2.16.11/lib/Monoid.js";
