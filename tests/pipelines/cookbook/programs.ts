/**
 * The programs of the cookbook: what each is run with, and what it must print.
 *
 * @module
 */

/** Programs in the order in which a reader would run them: the second to last makes what the last needs. */
export const programs: readonly {
  readonly name: string;
  /** Matches what the reduced form prints, and gives the accuracies in it. */
  readonly printed: RegExp;
  /** Accuracy by chance. */
  readonly chance: number;
}[] = [
  { name: "own_dataset", printed: /^test accuracy (\S+), chance 0.25\n$/, chance: 0.25 },
  { name: "own_node", printed: /^quantise\(8\)\ntest accuracy (\S+)\n$/, chance: 0.1 },
  { name: "own_loss", printed: /^loss 0\.\d{4}\ntest accuracy (\S+)\n$/, chance: 0.1 },
  {
    name: "own_stage",
    printed: /^(?:epoch \d: \S+\n){1,5}epoch \d: (\S+)\nbest after epoch \d\n$/,
    chance: 0.1,
  },
  {
    name: "two_branches",
    printed:
      /^flowchart LR\n[^]*\n93776 parameters, 249232 operations per image\ntest accuracy (\S+)\n$/,
    chance: 0.1,
  },
  {
    name: "sweep_sparsity",
    printed: /^sparsity .*\n0\.05 +13\.0 ± 0\.0 +(\S+) ± .*\n0\.2 +52\.0 ± 0\.0 +(\S+) ± .*\n$/,
    chance: 0.1,
  },
  {
    name: "few_images",
    printed: /^test accuracy (\S+)\nmean average precision (\S+)\n$/,
    chance: 0.1,
  },
  {
    name: "ready_networks",
    printed: /^test accuracy (\S+)\nmean average precision (\S+)\n$/,
    chance: 0.1,
  },
  { name: "train_and_save", printed: /^test accuracy (\S+)\n.*model\.safetensors\n$/, chance: 0.1 },
  {
    name: "encode_saved",
    printed:
      /^1000 codes of 512 bits, 64000 bytes\n(?:a \d is like .*\n){5}the nearest .* for (\d+) of 20\n$/,
    chance: 2,
  },
];
