/**
 * The claims, by number.
 *
 * @module
 */
import { allKwta } from "../all_kwta.ts";
import type { Claim } from "../claim.ts";
import { competitive } from "../competitive.ts";
import { composition } from "../composition.ts";
import { fromScratch } from "../from_scratch.ts";
import { pretrained } from "../pretrained.ts";
import { sameClass } from "../same_class.ts";
import { scaling } from "../scaling.ts";

/** Every claim, in the order of the README's table. */
export const claims: readonly Claim[] = [
  competitive,
  fromScratch,
  pretrained,
  allKwta,
  sameClass,
  scaling,
  composition,
];
