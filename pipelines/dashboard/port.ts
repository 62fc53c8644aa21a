/**
 * Where a dashboard is looked for.
 *
 * @module
 */

/** The dashboard's port where nobody names one. */
export const DASHBOARD_PORT = 7377;
