/**
 * Learning rules without a gradient, for the stage `learnLocally`, and the preparation of samples for them.
 *
 * @module
 */
export {
  type Compete,
  competitive,
  type CompetitiveOptions,
  type LocalRule,
  type LocalUpdate,
  oja,
  type OjaOptions,
  onlineKMeans,
  randomSynapses,
  softHebb,
  type SoftHebbOptions,
} from "./rules.ts";
export { cutPatch, normaliseContrast, type PatchForm, toUnitLength, whitening } from "./samples.ts";
