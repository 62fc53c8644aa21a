/**
 * What came out of the claims, as `claims.json` and as lines for a person.
 *
 * @module
 */
import type { Backend } from "../../../ops/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { VERSION } from "../../version.ts";
import type { Claim, Findings } from "../claim.ts";
import { mean, standardDeviation } from "../../report/statistics.ts";

/** The name of the record in the output folder. */
export const CLAIMS_FILE = "claims.json";

/** A claim that was tested. */
export interface Tested {
  /** What was tested. */
  readonly claim: Claim;
  /** What came out. */
  readonly findings: Findings;
  /** How long it took. */
  readonly seconds: number;
  /** What repeats it. */
  readonly command: string;
}

/** What all claims of a run have in common. */
export interface Circumstances {
  /** What was trained on and judged by. */
  readonly dataset: Dataset;
  /** Of the repetitions. */
  readonly seeds: readonly number[];
  /** Whether it was the reduced form. */
  readonly quick: boolean;
  /** Where it was computed. */
  readonly backend: Pick<Backend, "name" | "adapter">;
}

/** The record as a JSON value: numbers that are not finite are null. */
export const recordOf = (
  tested: readonly Tested[],
  { dataset, seeds, quick, backend }: Circumstances,
): Readonly<Record<string, unknown>> => ({
  quick,
  seeds,
  dataset: {
    name: dataset.name,
    source: dataset.source,
    train: dataset.train.count,
    test: dataset.test.count,
    sha256: dataset.sha256,
    notice: dataset.notice,
  },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: { sparrow: VERSION, deno: Deno.version.deno },
  claims: tested.map(({ claim: { number, title, criterion }, findings, seconds, command }) => ({
    number,
    title,
    criterion,
    holds: findings.holds,
    verdict: findings.verdict,
    measured: findings.measured.map(({ name, unit, values }) => ({
      name,
      unit,
      values,
      mean: mean(values),
      sd: standardDeviation(values),
    })),
    seconds,
    command,
  })),
});

/** One line: which claim, whether it holds, and by which numbers. */
export const verdictLine = ({ claim: { number, title }, findings }: Tested): string =>
  `Claim ${number} ${findings.holds ? "holds" : "does not hold"}: ${title}. ${findings.verdict}`;
