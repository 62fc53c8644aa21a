/**
 * The figures of a history, those of the report.
 *
 * @module
 */
import type { History } from "../../history.ts";
import type { SentCodes } from "../update.ts";
import type { Scale } from "../../report/axis.ts";
import type { Figure } from "../../report/figure.ts";
import { accuracyChart } from "../../report/figures/accuracy.ts";
import { activeBitsChart } from "../../report/figures/active_bits.ts";
import { centroidFigures } from "../../report/figures/centroids.ts";
import { informationPlaneFigures } from "../../report/figures/information_plane.ts";
import { lossChart } from "../../report/figures/loss.ts";
import { scheduleCharts } from "../../report/figures/schedules.ts";
import type { LineFigure } from "../../report/line_chart.ts";

/** A figure over epochs, or one that is drawn already. */
export type Panel = LineFigure | Figure;

/** Figures under a title. */
export interface PanelSection {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const present = <A>(values: readonly (A | null)[]): readonly A[] =>
  values.filter((value): value is A & NonNullable<A> => value !== null);

/** What figures are made of. */
export interface Measured {
  readonly history: History;
  /** The same with the loss of the epoch under way. */
  readonly growing: History;
  readonly classCodes: SentCodes | null;
}

/** The function, asked again only for something else than the last time. */
function remembering<A, B>(make: (of: A) => B): (of: A) => B {
  let last: { readonly of: A; readonly made: B } | null = null;
  return (of) => (last = last !== null && last.of === of ? last : { of, made: make(of) }).made;
}

// These are drawn when they are made: once an epoch, and not with every loss.
const planesOf = remembering(informationPlaneFigures);
const centroidsOf = remembering((codes: SentCodes | null) =>
  codes === null ? [] : centroidFigures(codes)
);

/** What there is to see, section by section. */
export const sectionsOf = (
  { history, growing, classCodes }: Measured,
  scale: Scale,
): readonly PanelSection[] =>
  [
    { title: "Training", panels: present([accuracyChart(history), lossChart(growing, scale)]) },
    { title: "Information plane", panels: planesOf(history) },
    { title: "Class centroids", panels: centroidsOf(classCodes) },
    {
      title: "Schedules and codes",
      panels: [...scheduleCharts(history, scale), ...present([activeBitsChart(history, scale)])],
    },
  ].filter(({ panels }) => panels.length > 0);
