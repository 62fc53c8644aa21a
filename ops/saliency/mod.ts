/**
 * The smallest mask that makes a model lose a code or a class.
 *
 * @module
 */
export type { ImageArray } from "./image.ts";
export { classScore, type ImageModel, overlapScore, type Score, unitScore } from "./objective.ts";
export { type Saliency, saliency, type SaliencyOptions, type SaliencyTask } from "./saliency.ts";
