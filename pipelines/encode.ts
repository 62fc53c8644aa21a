/**
 * Encodes images with a trained model into a file of codes.
 *
 *     deno run -P pipelines/encode.ts --help
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { activity } from "../ops/embeddings.ts";
import {
  type Context,
  deviceOf,
  inputFlags,
  inputOptions,
  type Options,
  program,
} from "./cli/program.ts";
import { duration } from "./cli/text.ts";
import { encodeImages, type FileChanges } from "./encode/encode_images.ts";
import { loadEncoder } from "./encode/encoder.ts";
import { loadCodes, saveCodes } from "./files/codes.ts";
import { denoFiles } from "./files/files.ts";
import { count } from "./report/format.ts";

import { findImages, namesDataset } from "./encode/inputs.ts";

/** Does the program's work; returns the lines to print at the end. */
async function work(
  options: Options<typeof inputFlags>,
  { operands: [model, ...operands], out, data: dataEnv, note, env: start }: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const encoder = await loadEncoder(model, { trunk: options.trunk ?? undefined, dataEnv })();
  if (E.isLeft(encoder)) return encoder;
  const images = await findImages(operands, { ...inputOptions(options), dataEnv })();
  if (E.isLeft(images)) return images;
  const env = await start();
  if (E.isLeft(env)) return env;

  const begun = env.right.now();
  // What is there and is no file of codes is replaced, as it always was.
  const known = E.getOrElseW(() => undefined)(await loadCodes(out, denoFiles)());
  const { invert, "skip-bad": skipBad } = options;
  const encoded = await encodeImages(encoder.right, images.right, {
    invert,
    skipBad,
    note,
    known,
    env: env.right,
    dataEnv,
  })();
  if (E.isLeft(encoded)) return encoded;
  const seconds = (env.right.now() - begun) / 1000;
  const saved = await saveCodes(out, encoded.right, denoFiles)();
  if (E.isLeft(saved)) return saved;
  const { codes, changes, skipped: { length: bad } } = encoded.right;
  const { mean } = activity(codes);
  return E.right([
    `${count(codes.count, "image")}, ${
      mean.toFixed(1)
    } of ${codes.width} units set on average, in ` +
    `${duration(seconds)} on ${deviceOf(env.right.backend)}` +
    (bad === 0 ? "" : `; ${count(bad, "bad image")} skipped`),
    ...changes === undefined ? [] : [changesLine(changes)],
    out,
  ]);
}

const changesLine = ({ same, added, changed, gone }: FileChanges): string =>
  `${count(same + added + changed, "image file")}: ${same.toLocaleString("en-GB")} as they were, ` +
  [[added, "new"], [changed, "changed"], [gone, "gone"]]
    .map(([files, what]) => `${files.toLocaleString("en-GB")} ${what}`).join(", ");

if (import.meta.main) {
  await program({
    name: "encode",
    summary:
      "Encodes images with a trained model into a file of binary codes, which search.ts and Python\n" +
      "read. An INPUT is a dataset's name (mnist, fashion_mnist, cifar10, strokes, or digits: MNIST\n" +
      "where it can be had), an image file (JPEG, PNG, WebP, AVIF, GIF, …) or a folder of them, whose\n" +
      "subfolders are labels. Images are resized by the shorter side, cropped around the centre and\n" +
      "normalised as the model was trained. Where the file of results is there already, only image\n" +
      "files that are new or have changed since are encoded.",
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
}
