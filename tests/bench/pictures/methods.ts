/**
 * The methods that are compared, each of which answers the same queries: simple descriptors, and codes of Sparrow.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import { encodeImages, type Encoder, loadEncoder } from "../../../pipelines/encode/encoder.ts";
import { readBitmap } from "../../../pipelines/encode/pictures.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { deno } from "../../pipelines/process.ts";
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
  /** Makes a search that has been trained on some classes only. */
  readonly trainedOn: (classes: readonly string[]) => Promise<Search>;
}

/** What was measured of a method on a set. */
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
  readonly unseen: number;
  /** Pairs of queries of different pictures with the same five pictures at distance 0. */
  readonly confused: number;
}

/** Measures a method on a set. */
export async function measured(method: Method, set: PictureSet): Promise<Measured> {
  const { train, test, near } = set;
  const labels = (pictures: readonly SetPicture[]) => pictures.map(({ label }) => label);
  const answers = await method.search(test, train);
  const found = (answers: readonly Pick<Answered, "found">[]) => answers.map(({ found }) => found);
  const { at1, at5 } = precision(found(answers), labels(test), labels(train));
  const copies = await method.search(near, train);
  let right = 0;
  for (const { seen, unseen } of halves(labels(train))) {
    const search = await method.trainedOn(seen);
    const of = (pictures: readonly SetPicture[]) =>
      pictures.filter(({ label }) => unseen.includes(label));
    const [queries, among] = [of(test), of(train)];
    const answers = await search(queries, among);
    right += precision(found(answers), labels(queries), labels(among)).at1 * queries.length;
  }
  const pictures = test.map(({ file }) => Deno.readFileSync(file).join());
  return {
    method: method.name,
    bytes: method.bytes,
    at1,
    at5,
    near: foundFirst(found(copies)),
    unseen: right / test.length,
    confused: confused(answers.map((answer, i) => ({ ...answer, picture: pictures[i] }))),
  };
}

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

/** How codes are made. */
export interface CodesOptions {
  /** Name in the table. */
  readonly name: string;
  /** Flags of `conv_kwta.ts` besides those of data and output; none for its defaults. */
  readonly flags: readonly string[];
  /** Folder for models, of this method and set. */
  readonly out: string;
}

/** Codes as a method: trained by `conv_kwta.ts` as a process, searched by `nearestImages`. */
export async function trainedCodes(
  set: PictureSet,
  { name, flags, out }: CodesOptions,
): Promise<Method> {
  const train = async (folder: string, into: string): Promise<Encoder> => {
    const args = ["--dataset", "folder", "--data", folder, "--out", into, "--quiet", ...flags];
    const { code, err } = await deno(
      "run",
      "-P=test",
      "--lock=tests/deno.lock",
      "--frozen",
      "pipelines/conv_kwta.ts",
      ...args,
    );
    if (code !== 0) throw new Error(`conv_kwta.ts failed on ${folder}: ${err}`);
    return orThrow(await loadEncoder(`${into}/model.safetensors`)());
  };
  const encoder = await train(set.folder, `${out}/all`);
  const one = await encoded(encoder, set.train.slice(0, 1));
  return {
    name,
    bytes: bytesOf(one),
    search: searchOf(encoder),
    trainedOn: async (classes) => {
      const place = `${out}/${classes[0]}-classes`;
      copyClasses(set, classes, `${place}/pictures`);
      return searchOf(await train(`${place}/pictures`, place));
    },
  };
}

const encoded = async (encoder: Encoder, pictures: readonly SetPicture[]) =>
  orThrow(await encodeImages(encoder, pictures.map(({ file }) => file))());

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

/** Bytes of what is kept of one picture. */
const bytesOf = ({ codes }: { readonly codes: { readonly words: Uint32Array } }): number =>
  codes.words.byteLength;
