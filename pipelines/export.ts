/**
 * Writes a trained model as an ONNX file.
 *
 *     deno run -P pipelines/export.ts --help
 *
 * @module
 */
import { invalidOption } from "../graph/error.ts";
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { encoderOf } from "../graph/rewrite.ts";
import { show } from "../graph/show.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program } from "./cli/program.ts";
import { denoFiles } from "./files/files.ts";
import { loadModel } from "./files/model.ts";
import { exportOnnx, OPSETS } from "./onnx/export_onnx.ts";

const flags = {
  floats: {
    kind: "switch",
    help:
      "take float32 numbers, of a model that was trained on such, instead of the bytes of pixels",
  },
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

const work = (
  { floats, values, opset }: Options<typeof flags>,
  { operands: [path], out }: Context,
) =>
  pipe(
    loadModel(path, denoFiles),
    TE.chain((model) => async () => {
      const input = floats ? "floats" : values ? "values" : "pixels";
      const made = exportOnnx(model, { input, opset });
      if (E.isLeft(made)) return made;
      const { bytes, outputs } = made.right;
      const written = await denoFiles.write(out, bytes)();
      if (E.isLeft(written)) return written;
      const kilobytes = Math.ceil(bytes.length / 1000).toLocaleString("en");
      return E.right([
        `${show(encoderOf(model.graph))}: ${kilobytes} kB, ${input} [batch, ${
          model.input.join(", ")
        }] to ${outputs.join(" and ")}`,
        out,
      ]);
    }),
  );

if (import.meta.main) {
  await program({
    name: "export",
    summary:
      "Writes a trained model as ONNX, for onnxruntime and others. It takes a batch of images'\n" +
      "bytes, uint8 [batch, …input], and gives codes (uint8 zeros and ones) and activations\n" +
      "(float32: what the units compete with).",
    operands: "MODEL",
    flags,
    refuse: ({ floats, values }) =>
      floats && values ? invalidOption("--floats", "with --values", "one of the two") : null,
    results: "model.onnx",
    work,
  });
}
