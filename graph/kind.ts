/**
 * The kinds of a node's arguments: what values they may have, and how that is said.
 *
 * @module
 */
/** What values an argument may have. */
export type ArgumentKind =
  | "count"
  | "whole"
  | "real"
  | "fraction"
  | "positive"
  | "level"
  | "rate"
  | "flag"
  | "gate"
  | "over"
  | "shape"
  | "graph";

/** What values a kind allows, in words. */
export const kindInWords: Readonly<Record<ArgumentKind, string>> = {
  count: "an integer of at least 1",
  whole: "an integer of at least 0",
  real: "a finite number",
  fraction: "a number above 0 and at most 1",
  positive: "a number above 0",
  level: "a number of at least 0",
  rate: "a number of at least 0 and below 1",
  flag: "true or false",
  gate: "sigmoid or hard_sigmoid",
  over: "sample, channel or location",
  shape: "a shape such as [28, 28, 1]",
  graph: "a graph",
};

/** Whether a value is of a kind. */
export function isOfKind(kind: ArgumentKind, value: unknown): boolean {
  switch (kind) {
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 1;
    case "whole":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "real":
      return Number.isFinite(value);
    case "shape":
      return Array.isArray(value) && value.length > 0 &&
        Array.from(value).every((n) => isOfKind("count", n));
    case "fraction":
      return typeof value === "number" && value > 0 && value <= 1;
    case "positive":
      return typeof value === "number" && value > 0 && value < Infinity;
    case "level":
      return typeof value === "number" && value >= 0 && value < Infinity;
    case "rate":
      return typeof value === "number" && value >= 0 && value < 1;
    case "flag":
      return typeof value === "boolean";
    case "gate":
      return value === "sigmoid" || value === "hard_sigmoid";
    case "over":
      return value === "sample" || value === "channel" || value === "location";
    case "graph":
      return typeof value === "object" && value !== null && "nodes" in value;
  }
}
