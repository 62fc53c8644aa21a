/**
 * Golden values of the objectives without labels, from PyTorch 1.13 in float32: `unlabelled_golden.json`.
 *
 * The code is the TopK module of openai/sparse_autoencoder, model.py; errors are normalized_mse and the contrast is
 * inbatch_cl of neilwen987/CSR_Adaptive_Rep, Text_Retrieval/train_CSR_models.py; batches go through
 * GlobalBatchTopKMatryoshkaSAE.compute_activations of bartbussmann/matryoshka_sae, its threshold set to the first batch's
 * least value. With z = x·W + b, code = TopK(z), x̂ = code·V + c, and now = 0 where a unit is active, else silent + 8,
 *
 *     loss = mean over prefixes m and all of normalized_mse(code[:, :m]·V[:m] + c, x)
 *          + auxiliaryWeight · normalized_mse(TopK_4(z · (now ≥ 100))·V, (x − x̂).detach())
 *          + normalized_mse(TopK_wider(z)·V + c, x) / 8
 *
 * and that of the distillation −Σ softmax(cos(x)/0.05)·log_softmax(cos(codes)/0.2) / 7 without the diagonals.
 *
 * @module
 */
import json from "./unlabelled_golden.json" with { type: "json" };

/** A tensor, little-endian in base64. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly float32: string;
}

/** A loss with its gradients. */
export interface GoldenAutoencoder {
  readonly auxiliaryWeight: number;
  readonly wider: number;
  readonly prefixes: readonly number[];
  readonly loss: number;
  /** Gradients of the encoder's weight and bias, and of the decoder's. */
  readonly gradients: readonly GoldenTensor[];
}

/** All of the file. */
export interface Golden {
  readonly x: GoldenTensor;
  readonly encoder: GoldenTensor;
  readonly encoder_bias: GoldenTensor;
  readonly decoder: GoldenTensor;
  readonly decoder_bias: GoldenTensor;
  readonly silent: GoldenTensor;
  readonly silent_after: GoldenTensor;
  readonly k: number;
  readonly auxiliary: number;
  readonly dead_after: number;
  readonly autoencoders: readonly GoldenAutoencoder[];
  readonly batch_top_k: {
    readonly steps: readonly {
      readonly x: GoldenTensor;
      readonly code: GoldenTensor;
      readonly threshold: number;
    }[];
    readonly x: GoldenTensor;
    readonly code: GoldenTensor;
  };
  readonly contrast: {
    readonly first: GoldenTensor;
    readonly second: GoldenTensor;
    readonly loss: number;
    readonly gradients: readonly GoldenTensor[];
    readonly self: number;
    readonly self_gradient: GoldenTensor;
  };
  readonly distillation: {
    readonly codes: GoldenTensor;
    readonly inputs: GoldenTensor;
    readonly inputTemperature: number;
    readonly codeTemperature: number;
    readonly loss: number;
    readonly gradient: GoldenTensor;
  };
}

/** The golden values. */
export const golden = json as unknown as Golden;

/** The numbers of a golden tensor. */
export const numbersOf = ({ float32 }: GoldenTensor): Float32Array =>
  new Float32Array(Uint8Array.from(atob(float32), (letter) => letter.charCodeAt(0)).buffer);
