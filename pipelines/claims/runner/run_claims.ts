/**
 * Claims one after the other, what is finished written at once.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../../../graph/error.ts";
import type { Env } from "../../env.ts";
import type { Claim } from "../claim.ts";
import { claimsPage, PAGE_FILE } from "./page.ts";
import { type Circumstances, CLAIMS_FILE, recordOf, type Tested, verdictLine } from "./record.ts";

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
