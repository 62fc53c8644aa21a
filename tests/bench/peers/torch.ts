/**
 * PyTorch, by `torch_kwta_mnist.py` of ../shared/peers.
 *
 * @module
 */
import { type Contender, lastNumber } from "./contender.ts";

/**
 * Advice for a missing PyTorch: without OpenBLAS, Debian's PyTorch multiplies with the reference BLAS, six times
 * slower.
 */
export const torchAdvice =
  "no python3 that can import torch and numpy, with a BLAS that is no toy (Debian: apt install python3-torch libopenblas0-pthread)";

/** Fails where torch cannot be imported, or where its products come from the reference BLAS. */
const PROBE = `
import torch, numpy, os
torch.ones(8, 8) @ torch.ones(8, 8)
maps = open("/proc/self/maps").read() if os.path.exists("/proc/self/maps") else "mkl"
assert any(name in maps for name in ["openblas", "mkl", "blis", "atlas"])
`;

/** The first Python that can import torch with a quick BLAS, or null. */
export async function findTorch(): Promise<string | null> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const { success } = await new Deno.Command(python, {
        args: ["-c", PROBE],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return python;
    } catch {
      // There is no such program.
    }
  }
  return null;
}

/** Programs and files that a contender of PyTorch needs. */
export interface TorchPlace {
  readonly python: string;
  /** The folder of the peers. */
  readonly peers: string;
  /** The folder of MNIST. */
  readonly data: string;
  readonly threads: number;
}

const threadsOf = (threads: number): string => `torch, ${threads} thread${threads > 1 ? "s" : ""}`;

/** Makes a contender of PyTorch from the options of its script and the function that reads its output. */
export const torch = (
  { python, peers, data, threads }: TorchPlace,
  options: readonly string[],
  read: Contender["read"],
): Contender => ({
  name: threadsOf(threads),
  command: [
    python,
    `${peers}/torch_kwta_mnist.py`,
    ...["--data", data, "--threads", String(threads), ...options],
  ],
  read,
});

/** The quickest of some passes of the script's own `encode` over the training images, which are numbers
 * already; with `packed` its result is packed by NumPy as well, as Sparrow's always is. */
const ENCODE = `
import json, sys, time
sys.path.insert(0, sys.argv[1])
data, threads, packed = sys.argv[2], int(sys.argv[3]), sys.argv[4] == "packed"
sys.argv = ["encode", "--data", data, "--threads", str(threads)]
import torch_kwta_mnist as peer
peer.torch.set_num_threads(threads)
peer.keep_heap()
pixels, _ = peer.load(data, "train")
trainer = peer.Trainer(256, 0)
least = float("inf")
for _ in range(5):
    begun = time.perf_counter()
    codes = trainer.encode(pixels)
    if packed:
        peer.np.packbits(codes.numpy() > 0, axis=1)
    least = min(least, time.perf_counter() - begun)
print(json.dumps({"images_per_s": len(pixels) / least}))
`;

/** Images per second, to packed codes or to zeros and ones in float32. */
export const torchEncoding = (
  { python, peers, data, threads }: TorchPlace,
  packed: boolean,
): Contender => ({
  name: threadsOf(threads) + (packed ? "" : ", not packed"),
  command: [python, "-c", ENCODE, peers, data, String(threads), packed ? "packed" : "not packed"],
  read: (lines) => [lastNumber(lines, "images_per_s")],
});
