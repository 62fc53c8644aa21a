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
import { command, type Tools } from "./cli/command.ts";
import { commonFlags, type Flags, type Values } from "./cli/options.ts";
import { timestamp } from "./cli/process.ts";
import { denoFiles } from "./files.ts";
import {
  type CueKind,
  cueKinds,
  cuesOf,
  faultOf,
  gather,
  measureRecall,
  type RecallResult,
} from "./recall/memory.ts";
import { recallSheet, recallTable, storedLine, warnings } from "./recall/sheet.ts";
import { encodePictures, loadEncoder } from "./encode/encoder.ts";
import { inputFlags, inputOptions } from "./encode/input_flags.ts";
import { findImages, namesDataset } from "./encode/inputs.ts";
import { notesOf } from "./encode/notes.ts";
import { asText } from "./report/table.ts";
import { writeResults } from "./studies/record.ts";
import { VERSION } from "./version.ts";

const RECORD_FILE = "recall.json";
const SHEET_FILE = "recall.html";

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
  keep: {
    kind: "text",
    help: "how much of it is left, above 0 and at most 1 [0.5]",
    value: "PART",
  },
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
  out: { kind: "text", help: "folder for the results [runs/recall-<time>]", value: "DIR" },
  ...imageFlags,
  seed: commonFlags.seed,
} as const satisfies Flags;

type Options = Values<typeof flags>;

const partOf = (keep: string | null): number => keep === null ? 0.5 : Number(keep);

/** Its work; returns the lines to print at the end. */
async function run(
  options: Options,
  [path, ...operands]: readonly string[],
  { note, begin }: Tools,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { store, seed, invert, show } = options;
  const kind = options.cue as CueKind;
  const keep = partOf(options.keep);
  const file = await loadEncoder(path)();
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
  const inputs = await findImages(sources, inputOptions({ ...options, first: store }))();
  if (E.isLeft(inputs)) return inputs;
  notesOf(inputs.right).forEach(note);
  const env = await begin();
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
  const folder = options.out ?? `runs/recall-${timestamp(new Date())}`;
  const config = { model: path, images: sources, options: { ...options, keep }, version: VERSION };
  const cue = kind === "noise"
    ? `${keep} of its pixels, the others being drawn from all images`
    : `its ${kind} ${keep === 0.5 ? "half" : `part, ${keep} of it`}`;
  const labels = names.every(({ label }) => label !== null)
    ? names.map(({ label }) => label)
    : null;
  const record = { config, fault: faultOf(result), ...result, images: names };
  const sheet = { result, images, cues, layout: file.right.layout, names, cue, show, config };
  const written = await writeResults(folder, {
    [RECORD_FILE]: record,
    [SHEET_FILE]: recallSheet(sheet),
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
  await command({
    name: "recall",
    summary:
      "Stores the codes of images in a Willshaw memory, and recalls each from the code of a part of the\n" +
      "picture. An INPUT is what encode.ts takes; by default it is the dataset that the model was\n" +
      "trained on. A search for the cue's own code, without a memory, stands beside it.",
    operands: "MODEL [INPUT…]",
    count: [1, Infinity],
    flags,
    refuse: ({ keep, invert }, [, ...inputs]) => {
      const part = partOf(keep);
      if (!(part > 0 && part <= 1)) {
        return invalidOption("--keep", keep, "a number above 0 and at most 1");
      }
      return invert && inputs.every(namesDataset)
        ? invalidOption("--invert", inputs.join(" "), "at least one image file or folder")
        : null;
    },
    run,
  });
}
