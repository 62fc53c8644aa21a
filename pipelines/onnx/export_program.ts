/**
 * The program `pipelines/export.ts`: a trained model to an ONNX file.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { show } from "../../graph/show.ts";
import { encoderOf } from "../../graph/encoder.ts";
import { command } from "../cli/command.ts";
import type { Flags, Values } from "../cli/options.ts";
import { timestamp } from "../cli/process.ts";
import { denoFiles } from "../files.ts";
import { loadModel } from "../model_file.ts";
import { exportOnnx, OPSETS } from "./export_onnx.ts";

const flags = {
  out: { kind: "text", help: "file to write [runs/export-<time>/model.onnx]", value: "FILE" },
  values: {
    kind: "switch",
    help: "take normalised float32 values instead of the bytes of pixels",
  },
  opset: {
    kind: "integer",
    help: "version of ONNX's operators; a runtime of 2024 wants 21",
    least: OPSETS.oldest,
    most: OPSETS.newest,
    fallback: OPSETS.newest,
  },
} as const satisfies Flags;

/** Reads the command line, writes the file, and exits. */
export const exportProgram = (): Promise<never> =>
  command({
    name: "export",
    summary: "Writes a trained model as ONNX, for onnxruntime and others. It takes\n" +
      "a batch of images' bytes, uint8 [batch, …input], and gives codes (uint8 zeros and ones) and\n" +
      "activations (float32: what the units compete with).",
    operands: "MODEL",
    count: [1, 1],
    flags,
    run,
  });

async function run(
  { out, values, opset }: Values<typeof flags>,
  [path]: readonly string[],
): Promise<E.Either<SparrowError, readonly string[]>> {
  const model = await loadModel(path, denoFiles)();
  if (E.isLeft(model)) return model;
  const made = exportOnnx(model.right, { input: values ? "values" : "pixels", opset });
  if (E.isLeft(made)) return made;
  const { bytes, input, outputs } = made.right;
  const to = out ?? `runs/export-${timestamp(new Date())}/model.onnx`;
  const wrote = await denoFiles.write(to, bytes)();
  if (E.isLeft(wrote)) return wrote;
  const kilobytes = Math.ceil(bytes.length / 1000).toLocaleString("en");
  return E.right([
    `${show(encoderOf(model.right.graph))}: ${kilobytes} kB, ${input} [batch, ${
      model.right.input.join(", ")
    }] to ${outputs.join(" and ")}`,
    to,
  ]);
}
