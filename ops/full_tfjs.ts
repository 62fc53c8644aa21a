/**
 * All of TensorFlow.js, the package `@tensorflow/tfjs`: with layers, converted models (`tf.loadGraphModel`) and
 * chained operations (`x.add(y)`), which Sparrow's own `tf` leaves out because they weigh another 250 MB.
 *
 * Both work on the same tensors, backends and gradients, so a program may use them side by side.
 *
 * @module
 */
import "./tfjs.ts";

export * from "npm:@tensorflow/tfjs@4.22.0";
