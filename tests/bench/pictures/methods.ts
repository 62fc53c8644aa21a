/**
 * The methods that are compared, each of which answers the same queries: simple descriptors, and codes of Sparrow.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { type Encoder, loadEncoder } from "../../../pipelines/encode/encoder.ts";
import { readBitmap } from "../../../pipelines/encode/pictures.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { sha256 } from "../../../pipelines/data/bytes.ts";
import type { SavedCodes } from "../../../pipelines/files/codes.ts";
import type { Trunk } from "../../../pipelines/trunks/trunk.ts";
import type { Descriptor } from "./descriptors.ts";
import { type Answered, confused, foundFirst, halves, NEAREST, precision } from "./measures.ts";
import { copyClasses, type PictureSet, type SetPicture } from "./sets.ts";

/** Answers queries: the nearest pictures of those that are searched, and their distances. */
export type Search = (
  queries: readonly SetPicture[],
  among: readonly SetPicture[],
) => Promise<readonly Pick<Answered, "found" | "distances">[]>;

/** A method on a set: its search, and that of the same method when it has seen only some classes. */
export interface Method {
  /** Name in the table. */
  readonly name: string;
  /** Bytes that are kept of a picture. */
  readonly bytes: number;
  /** Searches after training on all classes. */
  readonly search: Search;
  /** Makes a search that has been trained on some classes only; null where that is not measured. */
  readonly trainedOn: ((classes: readonly string[]) => Promise<Search>) | null;
}

/** Measurements of a method on a set. */
export interface Measured {
  /** Name of the method. */
  readonly method: string;
  /** Bytes that are kept of a picture. */
  readonly bytes: number;
  /** Part of the queries whose nearest picture is of their class. */
  readonly at1: number;
  /** Part of the five nearest that are of the query's class. */
  readonly at5: number;
  /** Part of the near-duplicates for which their original is found first. */
  readonly near: number;
  /** Part of the queries of unseen classes, among pictures of those, whose nearest is of their class. */
  readonly unseen: number | null;
  /** Pairs of queries of different pictures with the same five pictures at distance 0. */
  readonly confused: number;
}

/** Measures a method on a set. */
export async function measured(method: Method, set: PictureSet): Promise<Measured> {
  const { train, test, near } = set;
  const answers = await method.search(test, train);
  const found = (answers: readonly Pick<Answered, "found">[]) => answers.map(({ found }) => found);
  const { at1, at5 } = precision(found(answers), labelsOf(test), labelsOf(train));
  const copies = await method.search(near, train);
  const pictures = test.map(({ file }) => Deno.readFileSync(file).join());
  return {
    method: method.name,
    bytes: method.bytes,
    at1,
    at5,
    near: foundFirst(found(copies)),
    unseen: method.trainedOn === null ? null : await unseenPrecision(method.trainedOn, set),
    confused: confused(answers.map((answer, i) => ({ ...answer, picture: pictures[i] }))),
  };
}

/** Precision among pictures of one half of the classes, after training on the other, over both halves. */
async function unseenPrecision(
  trainedOn: NonNullable<Method["trainedOn"]>,
  { train, test }: PictureSet,
): Promise<number> {
  let right = 0;
  for (const { seen, unseen } of halves(labelsOf(train))) {
    const search = await trainedOn(seen);
    const of = (pictures: readonly SetPicture[]) =>
      pictures.filter(({ label }) => unseen.includes(label));
    const [queries, among] = [of(test), of(train)];
    const found = (await search(queries, among)).map(({ found }) => found);
    right += precision(found, labelsOf(queries), labelsOf(among)).at1 * queries.length;
  }
  return right / test.length;
}

const labelsOf = (pictures: readonly SetPicture[]) => pictures.map(({ label }) => label);

/** Descriptors as methods: they learn nothing. A picture is decoded once for all of them. */
export function describedBy(descriptors: readonly Descriptor[]): readonly Method[] {
  const known = new Map<string, Promise<readonly Float64Array[]>>();
  const describe = async (file: string) => {
    const bitmap = orThrow(await readBitmap(file, denoFiles)());
    return descriptors.map(({ of }) => of(bitmap));
  };
  const described = ({ file }: SetPicture) => {
    const numbers = known.get(file) ?? describe(file);
    known.set(file, numbers);
    return numbers;
  };
  const allOf = (pictures: readonly SetPicture[]) => Promise.all(pictures.map(described));
  return descriptors.map(({ name, bytes, distance }, which) => {
    const search: Search = async (queries, among) => {
      const base = await allOf(among);
      return (await allOf(queries)).map((query) => {
        const ranked = base.map((numbers, index) => ({
          index,
          distance: distance(query[which], numbers[which]),
        })).sort((a, b) => a.distance - b.distance || a.index - b.index).slice(0, NEAREST);
        return {
          found: ranked.map(({ index }) => index),
          distances: ranked.map(({ distance }) => distance),
        };
      });
    };
    return { name, bytes, search, trainedOn: () => Promise.resolve(search) };
  });
}

/** Options of the training of codes. */
export interface CodesOptions {
  /** Name in the table. */
  readonly name: string;
  /** Flags of `conv_kwta.ts` besides those of data and output; none for its defaults. */
  readonly flags: readonly string[];
  /** Folder for models, of this method and set. */
  readonly out: string;
  /** Whether codes are trained on halves of the classes too, and searched among the others. */
  readonly unseen: boolean;
}

/** Codes as a method: trained by `conv_kwta.ts` as a process, searched by `nearestImages`. */
export async function trainedCodes(
  set: PictureSet,
  { name, flags, out, unseen }: CodesOptions,
): Promise<Method> {
  const features = new Map<string, Float32Array>();
  const train = async (folder: string, into: string): Promise<Encoder> => {
    const args = ["--dataset", "folder", "--data", folder, "--out", into, "--quiet", ...flags];
    const deno = new Deno.Command(Deno.execPath(), {
      args: ["run", "-P=test", "--lock=tests/deno.lock", "--frozen", PROGRAM, ...args],
      stdout: "null",
      stderr: "piped",
    });
    const { code, stderr } = await deno.output();
    if (code !== 0) {
      throw new Error(`conv_kwta.ts failed on ${folder}: ${new TextDecoder().decode(stderr)}`);
    }
    const encoder = orThrow(await loadEncoder(`${into}/model.safetensors`)());
    const { trunk } = encoder;
    return trunk === null ? encoder : { ...encoder, trunk: remembering(trunk, features) };
  };
  const encoder = await train(set.folder, `${out}/all`);
  const one = await encoded(encoder, set.train.slice(0, 1));
  return {
    name,
    bytes: bytesOf(one),
    search: searchOf(encoder),
    trainedOn: unseen
      ? async (classes) => {
        const place = `${out}/without-${classes[0]}`;
        copyClasses(set, classes, `${place}/pictures`);
        return searchOf(await train(`${place}/pictures`, `${place}/model`));
      }
      : null,
  };
}

const PROGRAM = new URL("../../../pipelines/conv_kwta.ts", import.meta.url).pathname;

/** A trunk that computes the features of a picture once, however many encoders stand on it. */
const remembering = (trunk: Trunk, known: Map<string, Float32Array>): Trunk => ({
  ...trunk,
  features: (pixels, options) => async () => {
    const { size: [height, width], colour } = trunk.reference;
    const area = height * width * (colour === "rgb" ? 3 : 1);
    const pictures = Array.from(
      { length: pixels.length / area },
      (_, i) => pixels.subarray(i * area, (i + 1) * area),
    );
    const rows: Float32Array[] = [];
    for (const picture of pictures) {
      const key = await sha256(picture);
      const found = known.get(key) ?? orThrow(await trunk.features(picture, options)());
      known.set(key, found);
      rows.push(found);
    }
    const joined = new Float32Array(rows.length * rows[0].length);
    rows.forEach((row, i) => joined.set(row, i * row.length));
    return E.right(joined);
  },
});

const encoded = async (encoder: Encoder, pictures: readonly SetPicture[]) =>
  orThrow(await encodeImages(encoder, pictures.map(({ file }) => file), { details: true })());

function searchOf(encoder: Encoder): Search {
  return async (queries, among) => {
    const [asked, known] = [await encoded(encoder, queries), await encoded(encoder, among)];
    const answers = orThrow(nearestImages(known, asked, { k: NEAREST }));
    return answers.map(({ results }) => ({
      found: results.map(({ index }) => index),
      distances: results.map(({ distance }) => distance),
    }));
  };
}

/** Bytes of what a search reads of one picture. */
const bytesOf = (
  { codes, activations, thumbnails }: Pick<SavedCodes, "codes" | "activations" | "thumbnails">,
): number =>
  codes.words.byteLength + (activations?.byteLength ?? 0) + (thumbnails?.byteLength ?? 0);
