/**
 * The figures of a history, those of the report.
 *
 * @module
 */
import type { History } from "../../history.ts";
import type { Scale } from "../../report/axis.ts";
import type { Figure } from "../../report/figure.ts";
import { accuracyChart } from "../../report/figures/accuracy.ts";
import { activeBitsChart } from "../../report/figures/active_bits.ts";
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

/** What there is to see of a history, section by section. */
export const sectionsOf = (history: History, scale: Scale): readonly PanelSection[] =>
  [
    { title: "Training", panels: present([accuracyChart(history), lossChart(history, scale)]) },
    { title: "Information plane", panels: informationPlaneFigures(history) },
    {
      title: "Schedules and codes",
      panels: [...scheduleCharts(history, scale), ...present([activeBitsChart(history, scale)])],
    },
  ].filter(({ panels }) => panels.length > 0);
