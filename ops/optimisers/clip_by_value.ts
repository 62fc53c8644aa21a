/**
 * Clipping, element by element.
 *
 * @module
 */
import { checkRanges, positive } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";

/**
 * Clamps every element of the updates: min(max(u, −limit), limit).
 *
 * Source: torch.nn.utils.clip_grad_value_.
 *
 * @param limit Above 0.
 *
 * @example
 * ```ts
 * import { chain } from "./chain.ts";
 * import { clipByValue } from "./clip_by_value.ts";
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = chain(clipByValue(0.5), sgd({ learningRate: 1 }));
 * const params = { w: tf.tensor1d([0, 0]) };
 * const [{ w }] = update({ w: tf.tensor1d([-3, 0.25]) }, init(params), params);
 * assertEquals([...w.dataSync()], [0.5, -0.25]);
 * ```
 */
export const clipByValue = (limit: number): Transform =>
  stateless(
    "clipByValue",
    { limit },
    (updates) => mapUpdates(updates, (update) => tf.clipByValue(update, -limit, limit)),
    () => checkRanges({ limit: [limit, positive] }),
  );
