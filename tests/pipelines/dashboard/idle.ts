/**
 * A program that starts a dashboard and does nothing more.
 *
 * @module
 */
import { describe } from "../../../graph/error.ts";
import { startDashboard } from "../../../pipelines/dashboard/dashboard.ts";

const dashboard = await startDashboard({ title: "idle", port: 0 })();
console.log(dashboard._tag === "Left" ? describe(dashboard.left) : dashboard._tag);
