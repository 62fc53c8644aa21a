/**
 * Who wins a competition, exactly so many.
 *
 * @module
 */
import "../kernels/kwta_gpu.ts";
import "../kernels/kwta_simd.ts";
import { WINNERS } from "../kernels/kwta.ts";
import { tf } from "../tfjs.ts";

/**
 * 1 for the k largest of each row, else 0; of equals at the boundary the first.
 *
 * @param x [samples, units], at least 2 units.
 * @param k From 1 to units − 1.
 */
export const topUnits = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.engine().runKernel(WINNERS, { x }, { k, ties: false });

/**
 * 1 for the k-th largest of each row, else 0.
 *
 * @param x [samples, units].
 * @param k From 2 to units − 1.
 */
export const runnerUp = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.sub(topUnits(x, k), topUnits(x, k - 1));

/** The summed input of every unit, times its excitability where that is given. */
export const driven = (drive: tf.Tensor2D, excitability?: tf.Tensor): tf.Tensor2D =>
  excitability === undefined ? drive : tf.mul(drive, excitability);
