/**
 * Stores images in an associative memory and recalls them from a part of the picture.
 *
 *     deno run -P pipelines/recall.ts --help
 *
 * @module
 */
import { describe, invalidOption, type SparrowError } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { seed as seeded } from "../graph/rng.ts";
import type { Range } from "../ops/ranges.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, inputFlags, inputOptions, type Options, program } from "./cli/program.ts";
import { VERSION } from "./core/version.ts";
import { encodePictures, loadEncoder } from "./encode/encoder.ts";
import { findImages, namesDataset, notesOf } from "./encode/inputs.ts";
import {
  type CueKind,
  cueKinds,
  cuesOf,
  faultOf,
  gather,
  measureRecall,
  type RecallResult,
} from "./encode/recall.ts";
import { recallSheet, recallTable, storedLine, warnings } from "./encode/recall_sheet.ts";
import { denoFiles } from "./files/files.ts";
import { asText } from "./report/table.ts";
import { writeResults } from "./studies/record.ts";

const RECORD_FILE = "recall.json";
const SHEET_FILE = "recall.html";

const part: Range = {
  holds: (value) => value > 0 && value <= 1,
  words: "a number above 0 and at most 1",
};

const { first: _all, ...imageFlags } = inputFlags;

const flags = {
  store: {
    kind: "integer",
    help: "images to store, from the first on",
    least: 1,
    most: 100_000,
    fallback: 200,
  },
  cue: { kind: "choice", help: "what is left of a picture", choices: cueKinds, fallback: "top" },
  keep: { kind: "number", help: "how much of it is left", range: part, fallback: 0.5 },
  steps: {
    kind: "integer",
    help: "steps of a recall at most, each beginning with what the last recalled",
    least: 1,
    most: 100,
    fallback: 1,
  },
  show: {
    kind: "integer",
    help: "images to put on the contact sheet",
    least: 1,
    most: 10_000,
    fallback: 20,
  },
  ...imageFlags,
} as const satisfies Flags;

/** Does the program's work; returns the lines to print at the end. */
async function work(
  options: Options<typeof flags>,
  { operands: [path, ...operands], out: folder, data: dataEnv, note, env: start }: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { store, seed, invert, show, keep } = options;
  const kind = options.cue as CueKind;
  const file = await loadEncoder(path, { trunk: options.trunk ?? undefined, dataEnv })();
  if (E.isLeft(file)) return file;
  const { dataset } = file.right.model;
  if (operands.length === 0 && !namesDataset(dataset)) {
    return E.left(
      invalidOption(
        "INPUT",
        "nothing",
        `images: the model was trained on "${dataset}", no known dataset`,
      ),
    );
  }
  const sources = operands.length === 0 ? [dataset] : operands;
  const inputs = await findImages(sources, {
    ...inputOptions({ ...options, first: store }),
    dataEnv,
  })();
  if (E.isLeft(inputs)) return inputs;
  notesOf(inputs.right).forEach(note);
  const env = await start();
  if (E.isLeft(env)) return env;

  const measure = async () => {
    const { layout, model: { normalisation } } = file.right;
    const picturesOptions = { layout, normalisation, invert, skipBad: options["skip-bad"] };
    const gathered = await gather(inputs.right, picturesOptions, store, env.right, (error) => {
      note(`Skipped: ${describe(error)}`);
    });
    if (E.isLeft(gathered)) return gathered;
    const { images, names } = gathered.right;
    if (images.count < store) {
      return E.left(
        invalidOption("--store", store, `at most the ${images.count} images there are`),
      );
    }
    const cues = cuesOf(images, layout, kind, keep, seeded(seed));
    if (E.isLeft(cues)) return cues;
    const codes = await encodePictures(file.right, images, { env: env.right })();
    if (E.isLeft(codes)) return codes;
    const damaged = await encodePictures(file.right, cues.right, { env: env.right })();
    if (E.isLeft(damaged)) return damaged;
    return E.map((result: RecallResult) => ({
      result,
      images,
      names,
      cues: cues.right,
    }))(
      measureRecall(codes.right, damaged.right, options.steps),
    );
  };
  const measured = await measure();
  if (E.isLeft(measured)) return measured;

  const { result, images, names, cues } = measured.right;
  const config = { model: path, images: sources, options, version: VERSION };
  const cue = kind === "noise"
    ? `${keep} of its pixels, the others being drawn from all images`
    : `its ${kind} ${keep === 0.5 ? "half" : `part, ${keep} of it`}`;
  const labels = names.every(({ label }) => label !== null)
    ? names.map(({ label }) => label)
    : null;
  const record = { config, fault: faultOf(result), ...result, images: names };
  const layout = file.right.layout;
  const written = await writeResults(folder, {
    [RECORD_FILE]: record,
    [SHEET_FILE]: await recallSheet({ result, images, cues, layout, names, cue, show, config }),
  }, denoFiles)();
  if (E.isLeft(written)) return written;
  return E.right([
    storedLine(result),
    ...warnings(result),
    `Each is recalled from ${cue}:`,
    asText(recallTable(result, labels)),
    `${folder}: ${RECORD_FILE}, ${SHEET_FILE}`,
  ]);
}

if (import.meta.main) {
  await program({
    name: "recall",
    summary:
      "Stores the codes of images in a Willshaw memory, and recalls each from the code of a part of the\n" +
      "picture. An INPUT is what encode.ts takes; by default it is the dataset that the model was\n" +
      "trained on. A search for the cue's own code, without a memory, stands beside it.",
    operands: "MODEL [INPUT…]",
    flags,
    backend: true,
    results: "folder",
    refuse: ({ invert }, [, ...inputs]) =>
      invert && inputs.every(namesDataset)
        ? invalidOption("--invert", inputs.join(" "), "at least one image file or folder")
        : null,
    work: (options, context) => () => work(options, context),
  });
}
