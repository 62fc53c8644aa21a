/**
 * Checkpoints: a whole run as a file, so that it can be resumed as if it had never stopped, and the checkpoints of a
 * run's folder. A checkpoint is plain data: `core/resume.ts` makes one of a run, and a run of one.
 *
 * @module
 */
import { sha256 } from "npm:@noble/hashes@2.4.0/sha2.js";
import { bytesToHex } from "npm:@noble/hashes@2.4.0/utils.js";
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Graph } from "../../graph/node.ts";
import type { ParamArrays } from "../../graph/params.ts";
import type { Rng } from "../../graph/rng.ts";
import type { Shape } from "../../graph/types.ts";
import { type Findings, isFindings } from "../core/findings.ts";
import type { History } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { denoFiles, type Files } from "./files.ts";
import { isCount, isCounts, isRecord, parseJson } from "./json.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";

/** The state of a run besides its graph and tensors. */
export type Remembered = Pick<
  Run,
  | "rng"
  | "epoch"
  | "step"
  | "history"
  | "findings"
  | "saved"
  | "identity"
>;

/** A run as plain data. */
export interface Checkpoint extends Remembered {
  /** Graph as it was then: schedules change it. */
  readonly graph: Graph;
  /** Shape of one sample. */
  readonly input: Shape;
  /** Weights, by path. */
  readonly params: ParamArrays;
  /** State of the units beside the weights, by path. */
  readonly plasticity: ParamArrays;
  /** Moments, steps and learning rate of the optimiser. */
  readonly optimiserState: {
    readonly step: number;
    readonly learningRate: number;
    /** Tensors by role, then by path. */
    readonly slots: Readonly<Record<string, ParamArrays>>;
  };
}

const FORMAT = "sparrow-checkpoint-1";

/** The character between a tensor's role or group, which do not have it, and its path. */
const SEPARATOR = "/";

const prefixed = (group: string, arrays: ParamArrays): ParamArrays =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [`${group}${SEPARATOR}${path}`, array]),
  );

/**
 * Writes a checkpoint as a safetensors file: tensors "params/0.weight", "first/0.weight" (a role of the
 * optimiser) and "plasticity/…"; in the metadata graph, input, generator, counts and history,
 * and a SHA-256 of it all.
 *
 * @param checkpoint Run as plain data.
 */
export function writeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { graph, input, params, plasticity, optimiserState, ...remembered } = checkpoint;
  const { slots, ...rates } = optimiserState;
  return sealed({
    tensors: {
      ...prefixed("params", params),
      ...prefixed("plasticity", plasticity),
      ...Object.assign({}, ...Object.entries(slots).map(([role, slot]) => prefixed(role, slot))),
    },
    metadata: {
      format: FORMAT,
      graph: JSON.stringify(graphToJson(graph)),
      input: JSON.stringify(input),
      roles: JSON.stringify(Object.keys(slots)),
      optimiser: JSON.stringify(pack(rates)),
      run: JSON.stringify(pack(storedOf(remembered))),
    },
  });
}

/** {@linkcode Remembered} as the file has it: the findings side by side, the evaluation as "findings". */
type Stored =
  & Omit<Remembered, "findings">
  & Omit<Findings, "evaluation">
  & { readonly findings: Findings["evaluation"] };

const storedOf = (
  { rng, epoch, step, history, findings, saved, identity }: Remembered,
): Stored => {
  const { classCodes, explanations, evaluation, reconstructions } = findings;
  const found = { classCodes, explanations, findings: evaluation, reconstructions };
  const known = identity === undefined ? {} : { identity };
  return { rng, epoch, step, history, ...found, saved, ...known };
};

const rememberedOf = (
  { classCodes, explanations, findings: evaluation, reconstructions, ...rest }: Stored,
): Remembered => ({
  ...rest,
  findings: { classCodes, evaluation, explanations, reconstructions },
});

/** Writes a file with the SHA-256 that it has with an empty one. */
function sealed({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const sha256 = sumOf({ tensors, metadata });
  return writeSafetensors({ tensors, metadata: { ...metadata, sha256 } });
}

const sumOf = ({ tensors, metadata }: Safetensors): string =>
  bytesToHex(sha256(writeSafetensors({ tensors, metadata: { ...metadata, sha256: "" } })));

/**
 * Reads the checkpoint of a file.
 *
 * @param file Name of the file, for errors.
 * @param bytes Content of the file.
 * @returns The checkpoint, whose tensors {@linkcode resumeRun} checks; `CorruptFile` for what
 * `writeCheckpoint` does not write.
 */
export const readCheckpoint = (
  file: string,
  bytes: Uint8Array,
): E.Either<SparrowError, Checkpoint> =>
  pipe(
    readSafetensors(file, bytes),
    E.chainW(({ tensors, metadata }): E.Either<SparrowError, Checkpoint> => {
      const corrupt = (reason: string): E.Either<CorruptFile, never> =>
        E.left({ _tag: "CorruptFile", file, reason });
      if (metadata.format !== FORMAT) {
        return corrupt(
          `expected the metadata "format" to be ${FORMAT}, current value is ${metadata.format}`,
        );
      }
      const sum = sumOf({ tensors, metadata });
      if (metadata.sha256 !== sum) {
        return corrupt(`expected the SHA-256 ${metadata.sha256}, current value is ${sum}`);
      }
      const input = parsed(metadata.input);
      const roles = parsed(metadata.roles);
      const rates = parsed(metadata.optimiser);
      const stored = parsed(metadata.run);
      if (!isCounts(input)) return corrupt('expected the metadata "input" to be a shape');
      if (!Array.isArray(roles) || !roles.every((role) => typeof role === "string")) {
        return corrupt('expected the metadata "roles" to be names');
      }
      if (!isRates(rates)) return corrupt('expected the metadata "optimiser" to be its counts');
      if (!isStored(stored)) return corrupt('expected the metadata "run" to be a run');
      const groups = ["params", "plasticity", ...roles];
      const group = (wanted: string): ParamArrays =>
        Object.fromEntries(
          Object.entries(tensors).filter(([name]) => name.startsWith(`${wanted}${SEPARATOR}`))
            .map(([name, array]) => [name.slice(wanted.length + 1), array]),
        );
      const stray = Object.keys(tensors).find((name) =>
        !groups.includes(name.slice(0, Math.max(0, name.indexOf(SEPARATOR))))
      );
      if (stray !== undefined) return corrupt(`expected no tensor ${stray}`);
      return pipe(
        graphFromJson(parsed(metadata.graph), `the graph of ${file}`),
        E.map((graph) => ({
          ...rememberedOf(stored),
          graph: graph as Graph,
          input,
          params: group("params"),
          plasticity: group("plasticity"),
          optimiserState: {
            ...rates,
            slots: Object.fromEntries(roles.map((role) => [role, group(role)])),
          },
        })),
      );
    }),
  );

function parsed(text: string | undefined): unknown {
  try {
    return unpack(parseJson(text ?? "null") as Json);
  } catch {
    return undefined;
  }
}

const isRates = (
  value: unknown,
): value is { readonly step: number; readonly learningRate: number } =>
  isRecord(value) && isCount(value.step) && typeof value.learningRate === "number";

const isRng = (value: unknown): value is Rng =>
  isRecord(value) && Array.isArray(value.state) && value.state.length === 4 &&
  value.state.every((word) => Number.isInteger(word));

const isHistory = (value: unknown): value is History =>
  Array.isArray(value) &&
  value.every((row) =>
    isRecord(row) && isCount(row.epoch) && isCount(row.step) && typeof row.split === "string" &&
    typeof row.name === "string" && typeof row.value === "number"
  );

/** Whether a value is a stored run. */
const isStored = (value: unknown): value is Stored =>
  isRecord(value) && isRng(value.rng) && isCount(value.epoch) && isCount(value.step) &&
  isHistory(value.history) && (value.saved === null || typeof value.saved === "string") &&
  (!Object.hasOwn(value, "identity") || typeof value.identity === "string") &&
  isFindings(rememberedOf(value as unknown as Stored).findings);

// ---- The checkpoints of a folder

/** The folder of the checkpoints in the output folder. */
export const CHECKPOINTS = "checkpoints";

/** The file name of the best checkpoint. */
export const BEST_CHECKPOINT = "best.safetensors";

/** Names the file of an epoch's checkpoint: "epoch_000012.safetensors". */
export const checkpointName = (epoch: number): string =>
  `epoch_${String(epoch).padStart(6, "0")}.safetensors`;

/** Returns the epoch of a checkpoint's file name; null for any other name. */
export function epochOfName(name: string): number | null {
  const found = /^epoch_(\d{6,})\.safetensors$/.exec(name);
  return found === null ? null : Number(found[1]);
}

/** The newest checkpoint of a folder, if it has one that can be read. */
export interface NewestCheckpoint {
  /** The checkpoint; null where no epoch was finished. */
  readonly checkpoint: Checkpoint | null;
  /** Path of its file; null where there is none. */
  readonly file: string | null;
  /** Errors of the newer ones. */
  readonly damaged: readonly SparrowError[];
}

/**
 * Reads the newest checkpoint that can be read. The best one is considered too: it is written before the checkpoint
 * of its epoch, so that it may be all there is of the last finished epoch.
 *
 * @param folder The output folder of a run.
 * @param files File system. @default {denoFiles}
 * @param refuse Says why a checkpoint is not to be gone on from, such as that it is another run's; it then counts
 * as damaged. @default every checkpoint is taken
 * @returns The checkpoint, or nulls where there is none; the error of the oldest where none of several can be
 * read, `FileUnavailable` where the folder cannot.
 */
export const newestCheckpoint = (
  folder: string,
  files: Files = denoFiles,
  refuse: (checkpoint: Checkpoint) => string | null = () => null,
): TE.TaskEither<SparrowError, NewestCheckpoint> =>
  pipe(
    files.list(`${folder}/${CHECKPOINTS}`),
    TE.chainW((names) => async (): Promise<E.Either<SparrowError, NewestCheckpoint>> => {
      const read = (name: string) => readFrom(`${folder}/${CHECKPOINTS}/${name}`, files, refuse);
      const epochs = names.map(epochOfName).filter((epoch) => epoch !== null)
        .toSorted((a, b) => b - a);
      const best = names.includes(BEST_CHECKPOINT) ? await read(BEST_CHECKPOINT) : null;
      if (best !== null && E.isRight(best) && best.right.checkpoint.epoch > (epochs[0] ?? -1)) {
        return E.right({ ...best.right, damaged: [] });
      }
      const damaged: SparrowError[] = [];
      for (const epoch of epochs) {
        const found = await read(checkpointName(epoch));
        if (E.isRight(found)) return E.right({ ...found.right, damaged });
        damaged.push(found.left);
      }
      const last = damaged.at(-1) ?? (best !== null && E.isLeft(best) ? best.left : undefined);
      return last === undefined ? E.right({ checkpoint: null, file: null, damaged }) : E.left(last);
    }),
  );

/** Reads a checkpoint, which is the last that was saved of its run: its file may have been copied here. */
const readFrom = (
  file: string,
  files: Files,
  refuse: (checkpoint: Checkpoint) => string | null,
): Promise<E.Either<SparrowError, { readonly checkpoint: Checkpoint; readonly file: string }>> =>
  pipe(
    files.read(file),
    TE.chainEitherKW((bytes) => readCheckpoint(file, bytes)),
    TE.filterOrElseW(
      (checkpoint) => refuse(checkpoint) === null,
      (checkpoint): CorruptFile => ({
        _tag: "CorruptFile",
        file,
        reason: refuse(checkpoint) ?? "",
      }),
    ),
    TE.map((checkpoint) => ({ checkpoint: { ...checkpoint, saved: file }, file })),
  )();

// ---- Arrays of numbers as JSON

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

const kinds = { Float32Array, Float64Array, Uint8Array, Uint32Array, Int32Array };
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

/** The key that marks packed numbers; no plain data has it. */
const KIND = "$numbers";

/** Whether JSON would not write a number, or not as it is. */
const isOdd = (x: number): boolean => !Number.isFinite(x) || Object.is(x, -0);

/**
 * Packs plain data into JSON, from which {@linkcode unpack} restores it to the bit: arrays of numbers become
 * their little-endian bytes in base64, and NaN, infinities and −0 become text.
 *
 * @example
 * ```ts
 * import { pack, unpack } from "./checkpoint.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const data = { bits: Uint32Array.of(1, 5), ratio: NaN };
 * assertEquals(unpack(JSON.parse(JSON.stringify(pack(data)))), data);
 * ```
 */
export function pack(value: unknown): Json {
  if (typeof value === "number" && isOdd(value)) {
    return { [KIND]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    return { [KIND]: value.constructor.name, bytes: bytes.toBase64() };
  }
  if (Array.isArray(value)) return value.map(pack);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, pack(part)]));
}

/** Unpacks a value that {@linkcode pack} wrote. Throws a `TypeError` or `SyntaxError` for anything else. */
export function unpack(value: Json): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (typeof value !== "object" || value === null) return value;
  const object = value as { readonly [key: string]: Json };
  if (!Object.hasOwn(object, KIND)) {
    return Object.fromEntries(Object.entries(object).map(([key, part]) => [key, unpack(part)]));
  }
  const kind = String(object[KIND]);
  if (!Object.hasOwn(object, "bytes")) return Number(kind);
  if (!Object.hasOwn(kinds, kind)) throw new TypeError(`no array of numbers is called ${kind}`);
  return numbersOf(kind as Kind, Uint8Array.fromBase64(String(object.bytes)));
}

function numbersOf(kind: Kind, { buffer, byteLength }: Uint8Array<ArrayBuffer>): Numbers {
  const made = kinds[kind];
  if (byteLength % made.BYTES_PER_ELEMENT !== 0) {
    throw new TypeError(`${byteLength} bytes are no ${kind}`);
  }
  return new made(buffer);
}
