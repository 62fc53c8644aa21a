/**
 * All claims: which there are, one after the other, and what came out of them as a record and as a page.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Backend } from "../../../ops/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Env } from "../../env.ts";
import { configuration } from "../../report/configuration.ts";
import { renderFigure } from "../../report/figure.ts";
import { type Html, html } from "../../report/html.ts";
import { page } from "../../report/page.ts";
import { panelStyle } from "../../report/panel.ts";
import { mean, plusMinus, standardDeviation } from "../../report/statistics.ts";
import { style } from "../../report/style.ts";
import { VERSION } from "../../version.ts";
import { allKwta } from "../all_kwta.ts";
import type { Claim, Findings } from "../claim.ts";
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

/** The name of the page in the output folder. */
export const PAGE_FILE = "claims.html";

const claimStyle = `
.verdict { max-width: 84ch; }
.criterion { max-width: 84ch; color: var(--muted); }
.measured { margin-top: 12px; font-size: 14px; }
.measured td:last-child { color: var(--muted); }
section details { margin-top: 20px; padding-top: 0; border-top: 0; }
section .figures { margin-top: 20px; }
.overview { margin-top: 20px; }
.overview td, .overview th { text-align: left; white-space: normal; }
`;

/** The page, self-contained as a report is: figures are inline, light and dark, without script. */
export function claimsPage(tested: readonly Tested[], circumstances: Circumstances): string {
  const { dataset, seeds, quick, backend } = circumstances;
  const { claims: _, ...common } = recordOf([], circumstances);
  const body = html`
    <header>
      <div>
    <h1>What is said of kWTA codes</h1>
    <p class="dataset">${quick ? "Quick form" : "Full form"}, dataset: ${dataset
      .name}, seeds: ${seeds.join(", ")}, on ${backend.adapter ??
      backend.name}. Numbers are mean ± standard deviation over the seeds.</p>
    ${quick
      ? html`
        <p class="notice" role="note">The quick form uses few images and epochs: it shows that the
          experiments run, and its verdicts are no results.</p>
      `
      : null}${dataset.notice === null ? null : html`
      <p class="notice" role="note">${dataset.notice}</p>
    `}</div>
    </header>
    <main>
    ${overview(tested)}${tested.map(section)}</main>
    ${configuration(common)}
  `;
  return page("Claims", style + panelStyle + claimStyle, body);
}

const overview = (tested: readonly Tested[]): Html =>
  html`
    <table class="overview">
      <thead>
        <tr>
          <th scope="col">claim</th>
          <th scope="col">says</th>
          <th scope="col">verdict</th>
        </tr>
      </thead>
      <tbody>
    ${tested.map(({ claim, findings }) =>
      html`
        <tr>
          <td><a href="#claim-${claim.number}">${claim.number}</a></td>
          <td>${claim.title}</td>
          <td><b>${findings.holds ? "holds" : "does not hold"}</b></td>
        </tr>
      `
    )}</tbody>
    </table>
  `;

function section({ claim, findings, seconds, command }: Tested, i: number): Html {
  const { number, title, criterion } = claim;
  const { holds, verdict, measured, figure } = findings;
  return html`
    <section id="claim-${number}">
      <h2>Claim ${number}. ${title}</h2>
      <p class="verdict"><b>${holds ? "It holds." : "It does not hold."}</b> ${verdict}</p>
      <p class="criterion">Criterion: ${criterion}</p>
      <div class="figures">${renderFigure(figure, i + 1)}</div>
      <details>
        <summary>All that was measured, in ${Math.round(
          seconds,
        )} s by <code>${command}</code></summary>
        <table class="measured">
          <thead>
            <tr>
              <th scope="col">quantity</th>
              <th scope="col">mean ± sd</th>
              <th scope="col">by seed</th>
            </tr>
          </thead>
          <tbody>
    ${measured.map(({ name, unit, values }) =>
      html`
        <tr>
          <td>${name}${unit === "" ? "" : ` (${unit})`}</td>
          <td>${plusMinus(values)}</td>
          <td>${values.map((value) => plusMinus([value])).join(", ")}</td>
        </tr>
      `
    )}</tbody>
        </table>
      </details>
    </section>
  `;
}

/** What is tested, and where the results go. */
export interface Testing {
  /** In their order. */
  readonly claims: readonly Claim[];
  /** Common to all of them. */
  readonly circumstances: Circumstances;
  /** A folder that holds no claims yet. */
  readonly folder: string;
  /** What repeats a claim. */
  readonly commandOf: (claim: Claim) => string;
}

/**
 * Tests claims, prints the verdict of each, and writes `claims.json` and `claims.html` after each, so
 * that what is finished stays whatever comes then.
 *
 * @returns What was tested; `InvalidOption` where the folder holds claims, `FileUnavailable` where it
 * cannot be written to, `Interrupted`, or the error of an experiment.
 */
export async function runClaims(
  { claims, circumstances, folder, commandOf }: Testing,
  env: Env,
): Promise<E.Either<SparrowError, readonly Tested[]>> {
  const file = `${folder}/${CLAIMS_FILE}`;
  const taken = await env.files.exists(file)();
  if (E.isRight(taken) && taken.right) {
    return E.left(invalidOption("--out", folder, "a folder that does not hold claims yet"));
  }
  // Once before the first, so that a folder that cannot be written to is found out at once.
  const begun = await write([], circumstances, folder, env);
  if (E.isLeft(begun)) return begun;
  const tested: Tested[] = [];
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
    const written = await write(tested, circumstances, folder, env);
    if (E.isLeft(written)) return written;
    env.log(verdictLine(one));
  }
  return E.right(tested);
}

async function write(
  tested: readonly Tested[],
  circumstances: Circumstances,
  folder: string,
  { files }: Env,
): Promise<E.Either<SparrowError, void>> {
  const record = JSON.stringify(recordOf(tested, circumstances), null, 2) + "\n";
  const written = await files.write(`${folder}/${CLAIMS_FILE}`, record)();
  return E.isLeft(written)
    ? written
    : await files.write(`${folder}/${PAGE_FILE}`, claimsPage(tested, circumstances))();
}
