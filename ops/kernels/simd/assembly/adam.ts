// A step of Adam over one tensor.
import { at, madd } from "./vector";

/**
 * Computes the next weight and moments from a weight, its gradient and its two moments. The weight decay is added to
 * the gradient (coupled, L2): weight · kept − rate · m / (√v · root + epsilon).
 */
export function adam(
  size: i32,
  weight: usize,
  gradient: usize,
  first: usize,
  second: usize,
  nextWeight: usize,
  nextFirst: usize,
  nextSecond: usize,
  decay: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  kept: f32,
  rate: f32,
  root: f32,
  epsilon: f32,
): void {
  for (let i = 0; i < size; i += 4) {
    // The last ones go through the same arithmetic, with what lies behind them left as it is.
    if (i + 4 > size) {
      for (; i < size; i++) {
        const w = v128.load_splat<f32>(at(weight, i));
        const g = madd(f32x4.splat(decay), w, v128.load_splat<f32>(at(gradient, i)));
        const m = moment(v128.load_splat<f32>(at(first, i)), g, beta1, rest1);
        const v = moment(v128.load_splat<f32>(at(second, i)), f32x4.mul(g, g), beta2, rest2);
        store<f32>(at(nextFirst, i), f32x4.extract_lane(m, 0));
        store<f32>(at(nextSecond, i), f32x4.extract_lane(v, 0));
        store<f32>(
          at(nextWeight, i),
          f32x4.extract_lane(stepped(w, m, v, kept, rate, root, epsilon), 0),
        );
      }
      return;
    }
    const w = v128.load(at(weight, i));
    const g = madd(f32x4.splat(decay), w, v128.load(at(gradient, i)));
    const m = moment(v128.load(at(first, i)), g, beta1, rest1);
    const v = moment(v128.load(at(second, i)), f32x4.mul(g, g), beta2, rest2);
    v128.store(at(nextFirst, i), m);
    v128.store(at(nextSecond, i), v);
    v128.store(at(nextWeight, i), stepped(w, m, v, kept, rate, root, epsilon));
  }
}

// @ts-ignore: decorator

function moment(old: v128, value: v128, beta: f32, rest: f32): v128 {
  return madd(f32x4.splat(beta), old, f32x4.mul(f32x4.splat(rest), value));
}

// @ts-ignore: decorator

function stepped(w: v128, m: v128, v: v128, kept: f32, rate: f32, root: f32, epsilon: f32): v128 {
  const below = madd(f32x4.sqrt(v), f32x4.splat(root), f32x4.splat(epsilon));
  const move = f32x4.div(f32x4.mul(f32x4.splat(rate), m), below);
  return f32x4.sub(f32x4.mul(f32x4.splat(kept), w), move);
}
