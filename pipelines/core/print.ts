/**
 * The place where text leaves a program for a terminal. What others may have written, such as the names of files and
 * classes, can steer a terminal (ECMA-48's escape sequences) or reorder what is read: here it is shown, not sent.
 *
 * @module
 */
import { printableLines } from "../../graph/printable.ts";

/** Prints one or several lines on standard output, which is for results. */
export const print = (lines: string): void => console.log(printableLines(lines));

/** Prints one or several lines on standard error, which is for a person. */
export const printError = (lines: string): void => console.error(printableLines(lines));
