/**
 * Weights that are not trained.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { stateless, type Transform } from "./transform.ts";

/** A weight's path ("0.weight"), a node's ("0": all of its weights), or what holds of paths. */
export type Selector = string | ((path: string) => boolean);

const selects = (selector: Selector, path: string): boolean =>
  typeof selector === "string"
    ? path === selector || path.startsWith(`${selector}.`)
    : selector(path);

/**
 * Drops the updates of the selected weights: they stay, to the bit, and are not decayed. As the
 * first of a chain, where it belongs, it keeps their gradients from the norm that `clipByNorm` takes,
 * and leaves their moments at zero; as the last it does neither, and Adam before it is not fused.
 *
 * Its `check` refuses a name that selects nothing; a predicate may.
 *
 * @example
 * ```ts
 * import { adam } from "./adam.ts";
 * import { chain } from "./chain.ts";
 * import { freeze } from "./freeze.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update, check } = chain(freeze("0"), adam({ weightDecay: 0.1 }));
 * const params = { "0.weight": tf.tensor1d([1]), "2.weight": tf.tensor1d([1]) };
 * const gradients = { "0.weight": tf.tensor1d([1]), "2.weight": tf.tensor1d([1]) };
 * const [after] = update(gradients, init(params), params);
 * assertEquals(after["0.weight"].dataSync()[0], 1);
 * assertEquals(after["2.weight"].dataSync()[0] < 1, true);
 * assertEquals(check(["2.weight"])?.actual, '"0"');
 * ```
 */
export const freeze = (...selectors: readonly Selector[]): Transform =>
  stateless(
    "freeze",
    {
      frozen: selectors.map((one) => typeof one === "string" ? one : "(predicate)").join(", "),
    },
    (updates) =>
      Object.fromEntries(
        Object.entries(updates).filter(([path]) => !selectors.some((one) => selects(one, path))),
      ),
    (paths) => {
      const lost = selectors.find((one) =>
        typeof one === "string" && !paths.some((path) => selects(one, path))
      );
      return lost === undefined
        ? null
        : invalidOption("freeze", lost, `the path of a weight or a node, of ${paths.join(", ")}`);
    },
  );
