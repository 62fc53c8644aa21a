/**
 * What is to be said of inputs before they are used.
 *
 * @module
 */
import { count } from "../report/format.ts";
import type { ImageSource } from "./inputs.ts";

const SHOWN = 3;

/** The notices of datasets, and what was passed over in folders. */
export const notesOf = (inputs: readonly ImageSource[]): readonly string[] =>
  inputs.flatMap((input) => {
    if (input.kind === "dataset") return input.notice === null ? [] : [input.notice];
    const { passed } = input;
    return passed.length === 0 ? [] : [
      `${count(passed.length, "file or folder", "files or folders")} passed over: ` +
      passed.slice(0, SHOWN).join(", ") + (passed.length > SHOWN ? ", …" : ""),
    ];
  });
