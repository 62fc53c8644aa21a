/**
 * The program `pipelines/encode.ts`: images to a file of codes.
 *
 * @module
 */
import { describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { activity } from "../../ops/embeddings.ts";
import { duration } from "../cli/duration.ts";
import { type Context, deviceOf, type Options, program } from "../cli/program.ts";
import { saveCodes } from "../codes_file.ts";
import { denoFiles } from "../files.ts";
import { count } from "../report/format.ts";
import { encodeInputs } from "./encode_inputs.ts";
import { loadEncoder, withEncoder } from "./encoder.ts";
import { inputFlags, inputOptions } from "./input_flags.ts";
import { findInputs, namesDataset } from "./inputs.ts";
import { notesOf } from "./notes.ts";

/** Reads the command line, encodes, and exits. */
export const encodeProgram = (): Promise<never> =>
  program({
    name: "encode",
    summary:
      "Encodes images with a trained model into a file of binary codes, which search.ts and Python\n" +
      "read. An INPUT is a dataset's name (mnist, fashion_mnist, cifar10, strokes, or digits: MNIST\n" +
      "where it can be had), an image file (PNG, JPEG) or a folder of them, whose subfolders are\n" +
      "labels. Images are resized by the shorter side, cropped around the centre and normalised as\n" +
      "the model was trained.",
    operands: "MODEL INPUT…",
    flags: inputFlags,
    backend: true,
    results: "codes.npz",
    refuse: ({ invert }, [, ...inputs]) =>
      invert && inputs.every(namesDataset)
        ? invalidOption("--invert", inputs.join(" "), "at least one image file or folder")
        : null,
    work: (options, context) => () => work(options, context),
  });

async function work(
  options: Options<typeof inputFlags>,
  { operands: [model, ...operands], out, data, note, env: start }: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const file = await loadEncoder(model, denoFiles)();
  if (E.isLeft(file)) return file;
  const inputs = await findInputs(operands, inputOptions(options), data);
  if (E.isLeft(inputs)) return inputs;
  notesOf(inputs.right).forEach(note);
  const env = await start();
  if (E.isLeft(env)) return env;

  const begun = env.right.now();
  let bad = 0;
  const encoded = await withEncoder(file.right, (encoder) =>
    encodeInputs(
      encoder,
      inputs.right,
      { invert: options.invert, skipBad: options["skip-bad"] },
      env.right,
      (error) => {
        bad++;
        note(`Skipped: ${describe(error)}`);
      },
    ));
  if (E.isLeft(encoded)) return encoded;
  const seconds = (env.right.now() - begun) / 1000;
  const saved = await saveCodes(out, encoded.right, denoFiles)();
  if (E.isLeft(saved)) return saved;
  const { codes } = encoded.right;
  const { mean } = activity(codes);
  return E.right([
    `${count(codes.count, "image")}, ${
      mean.toFixed(1)
    } of ${codes.width} units set on average, in ` +
    `${duration(seconds)} on ${deviceOf(env.right.backend)}` +
    (bad === 0 ? "" : `; ${count(bad, "bad image")} skipped`),
    out,
  ]);
}
