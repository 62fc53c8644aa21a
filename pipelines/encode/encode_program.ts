/**
 * The program `pipelines/encode.ts`: images to a file of codes.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { activity } from "../../ops/embeddings.ts";
import { command, type Tools } from "../cli/command.ts";
import { duration } from "../cli/duration.ts";
import { commonFlags, type Flags, type Values } from "../cli/options.ts";
import { timestamp } from "../cli/process.ts";
import { saveCodes } from "../codes_file.ts";
import { denoFiles } from "../files.ts";
import { count } from "../report/format.ts";
import { encodeImages } from "./encode_inputs.ts";
import { loadEncoder } from "./encoder.ts";
import { inputFlags, inputOptions } from "./input_flags.ts";
import { findImages, namesDataset } from "./inputs.ts";

const flags = {
  out: {
    kind: "text",
    help: "file for the codes, .npz [runs/encode-<time>/codes.npz]",
    value: "FILE",
  },
  ...inputFlags,
  seed: commonFlags.seed,
} as const satisfies Flags;

/** Reads the command line, encodes, and exits. */
export const encodeProgram = (): Promise<never> =>
  command({
    name: "encode",
    summary:
      "Encodes images with a trained model into a file of binary codes, which search.ts and Python\n" +
      "read. An INPUT is a dataset's name (mnist, fashion_mnist, cifar10, strokes, or digits: MNIST\n" +
      "where it can be had), an image file (PNG, JPEG) or a folder of them, whose subfolders are\n" +
      "labels. Images are resized by the shorter side, cropped around the centre and normalised as\n" +
      "the model was trained.",
    operands: "MODEL INPUT…",
    count: [2, Infinity],
    flags,
    refuse: ({ invert }, [, ...inputs]) =>
      invert && inputs.every(namesDataset)
        ? invalidOption("--invert", inputs.join(" "), "at least one image file or folder")
        : null,
    run,
  });

async function run(
  options: Values<typeof flags>,
  [model, ...operands]: readonly string[],
  { note, begin }: Tools,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const out = options.out ?? `runs/encode-${timestamp(new Date())}/codes.npz`;
  const encoder = await loadEncoder(model)();
  if (E.isLeft(encoder)) return encoder;
  const images = await findImages(operands, inputOptions(options))();
  if (E.isLeft(images)) return images;
  const env = await begin();
  if (E.isLeft(env)) return env;

  const begun = env.right.now();
  const { invert, "skip-bad": skipBad } = options;
  const encoded = await encodeImages(encoder.right, images.right, {
    invert,
    skipBad,
    note,
    env: env.right,
  })();
  if (E.isLeft(encoded)) return encoded;
  const seconds = (env.right.now() - begun) / 1000;
  const saved = await saveCodes(out, encoded.right, denoFiles)();
  if (E.isLeft(saved)) return saved;
  const { codes, skipped: { length: bad } } = encoded.right;
  const { mean } = activity(codes);
  return E.right([
    `${count(codes.count, "image")}, ${
      mean.toFixed(1)
    } of ${codes.width} units set on average, in ` +
    `${duration(seconds)} on ${env.right.backend.adapter ?? env.right.backend.name}` +
    (bad === 0 ? "" : `; ${count(bad, "bad image")} skipped`),
    out,
  ]);
}
