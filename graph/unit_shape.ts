/**
 * The shapes of inputs whose units compete, or are normalised.
 *
 * @module
 */
import type { BatchNorm, KWinners, Kwta, LearnedKwta, Over, PredictedKwta } from "./node.ts";
import { sameSpace, showSpace, sizeOf } from "./space.ts";
import type { Shape } from "./types.ts";

/** A node with what it left out filled in and its output, or what it wants instead of the input. */
type Outcome<N> = string | readonly [N, Shape];

/** What is wrong with the units that compete, if anything. */
export function uncompetitive(over: Over, input: Shape): string | null {
  const few = "at least 2 units, of which one must lose";
  if (over === "sample") return sizeOf(input) >= 2 ? null : few;
  if (input.length !== 3) return "an image [height, width, channels]";
  const [height, width, channels] = input;
  return (over === "channel" ? height * width : channels) >= 2 ? null : `${few}, per ${over}`;
}

/** What kWTA makes of an input. */
export const competed = (node: Kwta, input: Shape): Outcome<Kwta> =>
  uncompetitive(node.over, input) ?? [node, input];

/** What k winners make of an input. */
export function boosted(node: KWinners, input: Shape): Outcome<KWinners> {
  const units = input.at(-1);
  return uncompetitive(node.over, input) ??
    (units !== undefined && (node.inputs === null || node.inputs === units)
      ? [{ ...node, inputs: units }, input]
      : `${node.inputs ?? "one or more"} units along the last axis`);
}

/** What thresholds of its units make of an input. */
export const thresholded = (node: LearnedKwta, input: Shape): Outcome<LearnedKwta> =>
  input.length > 0 && (node.shape === null || sameSpace(node.shape, input))
    ? [{ ...node, shape: input }, input]
    : node.shape === null
    ? "at least one axis"
    : `an input of shape ${showSpace(node.shape)}`;

/** What a predicted sparsity makes of an input. */
export function predicted(node: PredictedKwta, input: Shape): Outcome<PredictedKwta> {
  const units = sizeOf(input);
  return units < 2
    ? "at least 2 units"
    : node.inputs === null || node.inputs === units
    ? [{ ...node, inputs: units }, input]
    : `${node.inputs} units`;
}

/** What batch norm makes of an input. */
export function normalised(node: BatchNorm, input: Shape): Outcome<BatchNorm> {
  const channels = input.at(-1);
  return channels !== undefined && (node.inputs === null || node.inputs === channels)
    ? [{ ...node, inputs: channels }, input]
    : `${node.inputs ?? "one or more"} channels along the last axis`;
}
