/**
 * The report of a run as one HTML page.
 *
 * @module
 */
export { renderReport, type ReportData, type ReportFiles, reportFiles } from "./report.ts";
export type { Centroids } from "./figures/centroids.ts";
export type { Model } from "./figures/model_diagram.ts";
