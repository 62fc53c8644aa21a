/**
 * Mutual information between continuous variables, taken as Gaussian or made so unit by unit.
 *
 * Source: R. Ince et al., "A statistical framework for neuroimaging data analysis based on mutual
 * information estimated via a Gaussian copula", Human Brain Mapping 38 (2017) 1541; pytorch-mighty's
 * gcmi.py, whose values are the tests'.
 *
 * @module
 */
import { E, pipe } from "../../../graph/fp_ts.ts";
import { invalidOption } from "../../../graph/error.ts";
import { copulaNormalise, type CopulaOptions } from "./copula.ts";
import {
  type GaussianOptions,
  halfLogDeterminant,
  halfLogDeterminantOf,
  regularFactor,
} from "./gaussian_entropy.ts";
import { checkPairs, checkSamples, type Estimate, type Samples } from "../samples.ts";
import { type VaryingUnits, varyingUnits } from "./varying_units.ts";

/**
 * I(X;Y) in bits of two variables that are jointly Gaussian: H(X) + H(Y) − H(X,Y), of each the
 * {@linkcode gaussianEntropy}. Of other variables it is the information in their linear relations.
 *
 * Signed: the corrected estimate of 0 bits is below 0 about half of the time. On Gaussians its mean is
 * exact for any number of samples above the units of both together.
 *
 * Units that are constant are left out, for they carry nothing: a constant layer has 0 bits.
 *
 * @param x Any width.
 * @param y Any width, as many samples.
 * @returns Bits; or an error where there are no more samples than units of both together, or where a
 * unit is a linear combination of others, also of the other variable's: that information is infinite.
 *
 * @example
 * ```ts
 * import { gaussianInformation } from "./gcmi.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = (...values: number[]) => ({ count: 4, width: 1, values: Float64Array.from(values) });
 * const [x, y] = [samples(1, 2, 3, 4), samples(1, 3, 2, 4)];
 * // Their correlation is 0.8.
 * const bits = E.getOrElse(() => NaN)(gaussianInformation(x, y, { biasCorrection: false }));
 * assertAlmostEquals(bits, -Math.log2(1 - 0.8 ** 2) / 2, 1e-12);
 * ```
 */
export function gaussianInformation(
  x: Samples,
  y: Samples,
  { biasCorrection = true }: GaussianOptions = {},
): Estimate {
  const problem = checkBoth(x, y);
  return problem === null
    ? informationOfVarying(varyingUnits(x), varyingUnits(y), { biasCorrection })
    : E.left(problem);
}

/** How {@linkcode copulaInformation} estimates. */
export interface CopulaInformationOptions extends GaussianOptions, CopulaOptions {}

/**
 * I(X;Y) in bits by a Gaussian copula (GCMI): {@linkcode gaussianInformation} of the samples after
 * {@linkcode copulaNormalise}. It does not change when a unit is transformed by a rising function.
 *
 * Of one unit each it is a lower bound but for its scatter, for a Gaussian has the largest joint
 * entropy; of more units it mostly is. It suits few, mostly continuous units: a layer's principal
 * components. On layers of relu and on codes, whose values tie, it depends on what is done about ties;
 * see {@linkcode CopulaOptions}, and take `ties: "first"` for the reference's number.
 *
 * Bias measured by the reference on Gaussians at ρ = 0.9, 500 / 2,000 / 10,000 samples: −0.028, −0.006,
 * −0.014 of 1.198 bits (1 + 1 units), −0.12, −0.04, +0.01 of 11.98 (10 + 10 units).
 *
 * @returns Bits, or the error of {@linkcode gaussianInformation}.
 *
 * @example
 * ```ts
 * import { copulaInformation } from "./gcmi.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = (values: number[]) => ({ count: 4, width: 1, values: Float64Array.from(values) });
 * const [x, y] = [[1, 2, 3, 4], [1, 3, 2, 4]];
 * assertEquals(
 *   copulaInformation(samples(x), samples(y)),
 *   copulaInformation(samples(x.map(Math.exp)), samples(y.map((value) => value ** 3))),
 * );
 * ```
 */
export function copulaInformation(
  x: Samples,
  y: Samples,
  { biasCorrection = true, ties = "average" }: CopulaInformationOptions = {},
): Estimate {
  const problem = checkBoth(x, y);
  if (problem !== null) return E.left(problem);
  const normal = ({ samples, units }: VaryingUnits) =>
    units.length === 0
      ? E.right({ samples, units })
      : E.map((samples: Samples) => ({ samples, units }))(copulaNormalise(samples, { ties }));
  return pipe(
    normal(varyingUnits(x)),
    E.chain((x) =>
      E.chain((y: VaryingUnits) => informationOfVarying(x, y, { biasCorrection }))(
        normal(varyingUnits(y)),
      )
    ),
  );
}

const checkBoth = (x: Samples, y: Samples) =>
  checkSamples("x", x, 2) ?? checkSamples("y", y, 2) ??
    checkPairs({ name: "x", count: x.count }, { name: "y", count: y.count });

function informationOfVarying(
  { samples: x, units: xUnits }: VaryingUnits,
  { samples: y, units: yUnits }: VaryingUnits,
  options: Required<GaussianOptions>,
): Estimate {
  if (x.width === 0 || y.width === 0) return E.right(0);
  const { count } = x;
  const width = x.width + y.width;
  if (count <= width) {
    const actual = `${count} samples of ${x.width} + ${y.width} units that vary`;
    return E.left(
      invalidOption("x and y", actual, "more samples than units; PCA takes units away"),
    );
  }
  const of = (u: number) =>
    u < x.width ? `unit ${xUnits[u]} of x` : `unit ${yUnits[u - x.width]} of y`;
  const yNames = { name: "y", of: (u: number) => `unit ${yUnits[u]} of y` };
  return pipe(
    // Of y first: an error then names what is wrong within y, not what follows from x.
    halfLogDeterminant(y, options, yNames),
    E.chain((ofY) =>
      E.map(({ factor }: { readonly factor: Float64Array }) => {
        const ofX = halfLogDeterminantOf(factor, count, x.width, options);
        const ofBoth = halfLogDeterminantOf(factor, count, width, options);
        return (ofX + ofY - ofBoth) / Math.LN2;
      })(regularFactor(joined(x, y), { name: "x and y", of }))
    ),
  );
}

/** The units of both in one sample. */
function joined(x: Samples, y: Samples): Samples {
  const width = x.width + y.width;
  const values = new Float64Array(x.count * width);
  for (let i = 0; i < x.count; i++) {
    values.set(x.values.subarray(i * x.width, (i + 1) * x.width), i * width);
    values.set(y.values.subarray(i * y.width, (i + 1) * y.width), i * width + x.width);
  }
  return { count: x.count, width, values };
}
