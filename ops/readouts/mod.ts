/**
 * Read-outs of codes by counting and storing, without a gradient.
 *
 * @module
 */
export {
  bcpnn,
  classCentroid,
  type LabelledCodes,
  naiveBayes,
  nearestCodes,
  type ReadOut,
  willshawClasses,
} from "./read_outs.ts";
