import { digamma, meanDigamma } from "../../../ops/information/digamma.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";

Deno.test("ψ is SciPy's", () => {
  // scipy.special.digamma of SciPy 1.10.1.
  const known = [
    [0.01, -100.56088545786868],
    [0.5, -1.9635100260214235],
    [1, -0.5772156649015329],
    [2, 0.42278433509846713],
    [4, 1.2561176684318003],
    [9.5, 2.1977378764029494],
    [10, 2.251752589066721],
    [1000, 6.907255195648812],
    [1e6, 13.81551005796419],
  ];
  for (const [x, psi] of known) {
    assertAlmostEquals(digamma(x), psi, 1e-14 * Math.max(1, Math.abs(psi)));
  }
});

Deno.test("ψ(n + 1) is ψ(n) + 1 / n", () => {
  let harmonic = digamma(1);
  for (let n = 1; n <= 20_000; n++) {
    // 1e-12: 20,000 additions that round at 10.
    assertAlmostEquals(digamma(n), harmonic, 1e-12);
    harmonic += 1 / n;
  }
});

Deno.test("ψ has no value at 0 and below, and the mean of none is 0", () => {
  for (const x of [0, -1, NaN]) assertThrows(() => digamma(x), RangeError, `is ${x}`);
  assertEquals(meanDigamma(new Int32Array(0)), 0);
  assertAlmostEquals(meanDigamma(Int32Array.of(1, 2)), digamma(1) + 0.5, 1e-15);
});
