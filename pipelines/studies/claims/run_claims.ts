/**
 * All claims: their list, their tests one after the other, and the results as a record and as a page.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Env } from "../../core/env.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { mean, plusMinus, standardDeviation } from "../../report/format.ts";
import { html } from "../../report/html.ts";
import { panelStyle } from "../../report/panel.ts";
import type { Section } from "../../report/sections.ts";
import { asHtml, type Columns } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import {
  type Circumstances,
  circumstancesOf,
  type JsonObject,
  refuseResults,
  writeResults,
} from "../record.ts";
import { allKwta } from "./all_kwta.ts";
import type { Claim, Findings, Measured } from "./claim.ts";
import { competitive } from "./competitive.ts";
import { composition } from "./composition.ts";
import { fromScratch } from "./from_scratch.ts";
import { pretrained } from "./pretrained.ts";
import { sameClass } from "./same_class.ts";
import { scaling } from "./scaling.ts";

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

/** The name of the record in the output folder. */
export const CLAIMS_FILE = "claims.json";

/** A claim that was tested. */
export interface Tested {
  /** Claim that was tested. */
  readonly claim: Claim;
  /** Findings of the test. */
  readonly findings: Findings;
  /** Duration, in seconds. */
  readonly seconds: number;
  /** Command that repeats it. */
  readonly command: string;
}

/** The conditions that all claims of a run share. */
export interface Conditions extends Circumstances {
  /** Dataset to train on and to test with. */
  readonly dataset: Dataset<ImageSplit>;
  /** Seeds of the repetitions. */
  readonly seeds: readonly number[];
  /** Whether the reduced form was run. */
  readonly quick: boolean;
}

/** The record as a JSON value. */
export const recordOf = (tested: readonly Tested[], conditions: Conditions): JsonObject => ({
  ...circumstancesOf(conditions),
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

/** The name of the page in the output folder. */
export const PAGE_FILE = "claims.html";

const claimStyle = `
.measured tbody th { min-width: 150px; }
.criterion { color: var(--muted); }
section .figures { margin-top: 20px; }
`;

/** The page, self-contained as a report is: figures are inline, light and dark, without script. */
export const claimsPage = (tested: readonly Tested[], conditions: Conditions): string =>
  studyPage({
    tab: "Claims",
    title: "What is said of kWTA codes",
    circumstances: conditions,
    reading: "Numbers are mean ± standard deviation over the seeds.",
    overview: asHtml(verdicts(tested), { label: "Verdicts by claim", file: "verdicts" }),
    sections: tested.map(section),
    config: circumstancesOf(conditions),
    style: panelStyle + claimStyle,
  });

const verdicts = (tested: readonly Tested[]): Columns<Tested> => ({
  columns: [
    {
      heading: "claim",
      value: ({ claim }) => claim.number,
      content: ({ claim: { number } }) => html`<a href="#claim-${number}">${number}</a>`,
      names: true,
    },
    { heading: "says", value: ({ claim }) => claim.title, text: true },
    {
      heading: "verdict",
      value: ({ findings }) => findings.holds ? "holds" : "does not hold",
      text: true,
      strong: () => true,
    },
  ],
  rows: tested,
});

/** A row for each quantity: mean and deviation, and the values behind them. */
const measurements = (measured: readonly Measured[]): Columns<Measured> => ({
  columns: [
    {
      heading: "quantity",
      value: ({ name, unit }) => unit === "" ? name : `${name} (${unit})`,
      names: true,
    },
    {
      heading: "mean ± sd",
      key: "mean",
      value: ({ values }) => mean(values),
      show: ({ values }) => plusMinus(values),
    },
    {
      heading: "by seed",
      key: "by_seed",
      value: ({ values }) => values.join(" "),
      show: ({ values }) => values.map((value) => plusMinus([value])).join(", "),
    },
  ],
  rows: measured,
});

function section({ claim, findings, seconds, command }: Tested): Section {
  const { number, title, criterion } = claim;
  const { holds, verdict, measured, figure } = findings;
  return {
    title: `Claim ${number}. ${title}`,
    id: `claim-${number}`,
    before: html`
      <p><b>${holds ? "It holds." : "It does not hold."}</b> ${verdict}</p>
      <p class="criterion">Criterion: ${criterion}</p>
    `,
    figures: [figure],
    after: html`
      <details>
        <summary>All that was measured, in ${Math.round(
          seconds,
        )} s by <code>${command}</code></summary>
        ${asHtml(measurements(measured), {
          label: `All that was measured for claim ${number}`,
          file: `claim-${number}`,
          kind: "measured",
        })}</details>
    `,
  };
}

/** Claims to test, and the folder of the results. */
export interface Testing {
  /** Claims in the order in which they are tested. */
  readonly claims: readonly Claim[];
  /** Common to all of them. */
  readonly circumstances: Conditions;
  /** A folder that holds no claims yet. */
  readonly folder: string;
  /** Returns the command that repeats a claim. */
  readonly commandOf: (claim: Claim) => string;
}

/**
 * Tests claims, prints the verdict of each, and writes `claims.json` and `claims.html` after each, so that finished
 * ones are kept.
 *
 * @returns The outcomes; `InvalidOption` where the folder holds claims, `FileUnavailable` where it cannot be written
 * to, `Interrupted`, or the error of an experiment.
 */
export async function runClaims(
  { claims, circumstances, folder, commandOf }: Testing,
  env: Env,
): Promise<E.Either<SparrowError, readonly Tested[]>> {
  const free = await refuseResults(
    folder,
    CLAIMS_FILE,
    env.files,
    "a folder that does not hold claims yet",
  )();
  if (E.isLeft(free)) return free;
  const tested: Tested[] = [];
  const save = () =>
    writeResults(folder, {
      [CLAIMS_FILE]: recordOf(tested, circumstances),
      [PAGE_FILE]: claimsPage(tested, circumstances),
    }, env.files)();
  // Once before the first, so that a folder that cannot be written to is found out at once.
  const begun = await save();
  if (E.isLeft(begun)) return begun;
  for (const claim of claims) {
    const from = env.now();
    env.log(`Claim ${claim.number}: ${claim.title}`);
    const { dataset, seeds, quick } = circumstances;
    const findings = await claim.test({ dataset, seeds, quick })(env)();
    env.progress.clear();
    if (E.isLeft(findings)) return findings;
    const seconds = (env.now() - from) / 1000;
    const one = { claim, findings: findings.right, seconds, command: commandOf(claim) };
    tested.push(one);
    const written = await save();
    if (E.isLeft(written)) return written;
    env.log(verdictLine(one));
  }
  return E.right(tested);
}
