/**
 * Sets of binary codes, packed one bit per unit: set algebra, noise, similarity, exact search, false
 * matches, and Willshaw memories; and codes of float vectors by methods without a model, searched by codes or by
 * floats. Nothing here loads tfjs.
 *
 * @module
 */
export {
  activity,
  type BinaryEmbeddings,
  type DenseEmbeddings,
  type Embeddings,
  sparsity,
  wordsPerCode,
} from "../embeddings.ts";
export {
  bind,
  bundle,
  chanceContainment,
  codeSizes,
  complement,
  containment,
  difference,
  hamming,
  intersection,
  inverseOrder,
  jaccard,
  overlap,
  symmetricDifference,
  union,
} from "./algebra.ts";
export { searchByVectors, type SearchByVectorsOptions } from "./asymmetric.ts";
export {
  encodeVectors,
  firstBits,
  type LinearCoder,
  type ProductCoder,
  type VectorCoder,
} from "./coders.ts";
export {
  appendCodes,
  concatenate,
  emptyCodes,
  fromDense,
  fromIndices,
  fromWords,
  pickCodes,
  toDense,
  toIndices,
} from "./codes.ts";
export {
  anyMatchProbability,
  type FalseMatches,
  falseMatchTable,
  logMatchProbability,
  type Match,
  matchProbability,
} from "./false_match.ts";
export { itqCoder, type ItqOptions } from "./itq.ts";
export { addUnits, type Drawn, dropUnits, moveUnits, randomCodes, subsample } from "./noise.ts";
export { productCoder, type ProductOptions } from "./product_quantiser.ts";
export { type Fitted, projectionCoder, type ProjectionOptions } from "./projections.ts";
export {
  type CodeDistance,
  type CodeIndex,
  codeIndex,
  search,
  type SearchOptions,
} from "./search.ts";
export { activeUnits, fromValues, toValues, type ValuedCodes } from "./valued.ts";
export { nearestVectors, recallAt, rerank, unitVectors } from "./vectors.ts";
export {
  channelInformation,
  emptyMemory,
  expectedFill,
  falseUnitProbability,
  type IteratedRecall,
  recall,
  type Recalled,
  recallIterated,
  type RecallRule,
  store,
  storedInformation,
  WILLSHAW_LIMIT,
  type WillshawCapacity,
  willshawCapacity,
  type WillshawMemory,
  type WillshawSizes,
} from "./willshaw.ts";
export {
  addVectors,
  type AllowedVectors,
  buildVectorIndex,
  type FoundVectors,
  indexBytes,
  removeVectors,
  searchVectors,
  type SearchVectorsOptions,
  type VectorIndex,
  type VectorIndexOptions,
} from "./vector_index.ts";
export { searchParts } from "./vector_parts.ts";
