/**
 * A program's work with a dashboard beside it.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { DashboardOptions } from "../dashboard/dashboard.ts";
import type { Env } from "../env.ts";

type Result = E.Either<SparrowError, readonly string[]>;

/** Whether there is a dashboard, and what it tells. */
export interface Watching extends Pick<DashboardOptions, "title" | "epochs"> {
  /** As `--dashboard` has it; null for none. */
  readonly port: number | null;
  /** Does not say where the page is. */
  readonly quiet: boolean;
}

/**
 * Does a program's work. With a port it starts a dashboard before, says where it is, and tells the pages
 * how the work ended, also where it throws.
 *
 * @param work Is given what makes the dashboard look on at an environment.
 * @returns What the work returns; `InvalidOption` for a port that cannot be had, before any work.
 */
export const watched =
  ({ port, quiet, ...options }: Watching, work: (watch: (env: Env) => Env) => Promise<Result>) =>
  async (): Promise<Result> => {
    if (port === null) return await work((env) => env);
    // Loaded when it is wanted: most runs have no dashboard.
    const { endOf, startDashboard } = await import("../dashboard/dashboard.ts");
    const started = await startDashboard({ ...options, port })();
    if (E.isLeft(started)) return started;
    const { url, watch, close } = started.right;
    if (!quiet) console.log(`Dashboard: ${url}`);
    try {
      const result = await work(watch);
      await close(endOf(result));
      return result;
    } catch (thrown) {
      const line = `Unexpected: ${thrown instanceof Error ? thrown.message : thrown}`;
      await close({ how: "failed", lines: [line] });
      throw thrown;
    }
  };
