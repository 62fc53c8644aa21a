/**
 * A page that shows a run while it goes on.
 *
 * @module
 */
export { type Dashboard, type DashboardOptions, startDashboard } from "./dashboard.ts";
export { DASHBOARD_PORT, type RunEnd } from "./update.ts";
