/**
 * Where the page is, and what it loads.
 *
 * @module
 */

/** Paths on the dashboard's server. */
export const paths = {
  page: "/",
  icon: "/icon.svg",
  events: "/events",
} as const;
