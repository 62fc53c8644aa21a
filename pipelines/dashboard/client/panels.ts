/**
 * The figures of a history, those of the report.
 *
 * @module
 */
import type { History } from "../../history.ts";
import type { Looks } from "../looks.ts";
import type { SentCodes } from "../update.ts";
import type { Scale } from "../../report/axis.ts";
import type { Figure } from "../../report/figure.ts";
import { accuracyChart } from "../../report/figures/accuracy.ts";
import { activeBitsChart } from "../../report/figures/active_bits.ts";
import { centroidFigures } from "../../report/figures/centroids.ts";
import { classSpreadChart } from "../../report/figures/class_spread.ts";
import { confusedImagesFigure } from "../../report/figures/confused_images.ts";
import { confusionFigure } from "../../report/figures/confusion.ts";
import { dutyCycleFigure } from "../../report/figures/duty_cycles.ts";
import { exampleCodesFigure } from "../../report/figures/example_codes.ts";
import { gradientCharts } from "../../report/figures/gradients.ts";
import { informationPlaneFigures } from "../../report/figures/information_plane.ts";
import { lossChart } from "../../report/figures/loss.ts";
import { type Model, modelDiagram } from "../../report/figures/model_diagram.ts";
import { reconstructionsFigure } from "../../report/figures/reconstructions.ts";
import { saliencyFigure } from "../../report/figures/saliency.ts";
import { scheduleCharts } from "../../report/figures/schedules.ts";
import { timingFigure } from "../../report/figures/timing.ts";
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
  readonly model: Model | null;
  readonly classCodes: SentCodes | null;
  readonly looks: Looks;
}

/** The function, asked again only where an argument is not that of the last time. */
function remembering<A extends readonly unknown[], B>(make: (...of: A) => B): (...of: A) => B {
  let last: { readonly of: A; readonly made: B } | null = null;
  return (...of) => {
    const same = last !== null && of.every((one, i) => one === last!.of[i]);
    return (last = same ? last! : { of, made: make(...of) }).made;
  };
}

// These are drawn when they are made: once an epoch, and not with every loss.
const diagramOf = remembering((model: Model | null) => model && modelDiagram(model));
const planesOf = remembering(informationPlaneFigures);
const centroidsOf = remembering((codes: SentCodes | null, { evaluation }: Looks) => [
  ...codes === null ? [] : centroidFigures(codes),
  ...present([evaluation && exampleCodesFigure(evaluation, codes)]),
]);
const confusionOf = remembering(({ evaluation }: Looks) =>
  evaluation && confusionFigure(evaluation)
);
const confusedOf = remembering((codes: SentCodes | null, { evaluation }: Looks) =>
  evaluation && confusedImagesFigure(evaluation, codes)
);
const reconstructionsOf = remembering(({ reconstructions }: Looks, history: History) =>
  reconstructionsFigure(reconstructions, history)
);
const saliencyOf = remembering(({ explanations }: Looks) => saliencyFigure(explanations));
const dutyOf = remembering(({ evaluation }: Looks) => dutyCycleFigure(evaluation?.duty ?? null));
const timingOf = remembering(timingFigure);

/** What there is to see, section by section. */
export const sectionsOf = (
  { history, growing, model, classCodes, looks }: Measured,
  scale: Scale,
): readonly PanelSection[] =>
  [
    { title: "Training", panels: present([accuracyChart(history), lossChart(growing, scale)]) },
    { title: "Model", panels: present([diagramOf(model)]) },
    { title: "Information plane", panels: planesOf(history) },
    { title: "Class centroids", panels: centroidsOf(classCodes, looks) },
    {
      title: "Classes apart and confused",
      panels: present<Panel>([
        confusionOf(looks),
        classSpreadChart(history, scale),
        confusedOf(classCodes, looks),
      ]),
    },
    { title: "Reconstructions", panels: present([reconstructionsOf(looks, history)]) },
    { title: "Where it looks", panels: present([saliencyOf(looks)]) },
    { title: "Gradients", panels: gradientCharts(history, scale) },
    {
      title: "Schedules and codes",
      panels: present<Panel>([
        ...scheduleCharts(history, scale),
        activeBitsChart(history, scale),
        dutyOf(looks),
      ]),
    },
    { title: "Where the time went", panels: present([timingOf(history)]) },
  ].filter(({ panels }) => panels.length > 0);
