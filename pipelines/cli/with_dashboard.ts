/**
 * A program's work with a dashboard beside it.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import {
  type Dashboard,
  type DashboardOptions,
  endOf,
  startDashboard,
} from "../dashboard/dashboard.ts";

type Result = E.Either<SparrowError, readonly string[]>;

/**
 * Starts a dashboard, says where it is, does the work, and tells the pages how that ended, also where
 * it throws.
 *
 * @returns What the work returns; `InvalidOption` for a port that cannot be had, before any work.
 */
export async function withDashboard(
  options: DashboardOptions,
  log: (line: string) => void,
  work: (dashboard: Dashboard) => Promise<Result>,
): Promise<Result> {
  const started = await startDashboard(options)();
  if (E.isLeft(started)) return started;
  const dashboard = started.right;
  log(`Dashboard: ${dashboard.url}`);
  try {
    const result = await work(dashboard);
    await dashboard.close(endOf(result));
    return result;
  } catch (thrown) {
    const line = `Unexpected: ${thrown instanceof Error ? thrown.message : thrown}`;
    await dashboard.close({ how: "failed", lines: [line] });
    throw thrown;
  }
}
