/**
 * Pictures to show of images that are known by their origins.
 *
 * @module
 */
import { encode } from "npm:fast-png@8.0.0";
import { describe } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Bitmap } from "../data/bitmap.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DataEnv } from "../data/environment.ts";
import { fit } from "../data/fit.ts";
import { loadImages } from "../data/images.ts";
import { bitmapOf, type InputLayout } from "../encode/layout.ts";
import { type Origin, originName } from "../encode/origins.ts";
import { readBitmap } from "../encode/pictures.ts";

/** A picture in a page. */
export interface Picture {
  /** A PNG as a data URI; null where the image could not be had. */
  readonly uri: string | null;
  /** Whether its pixels are so few that they are better shown as squares. */
  readonly coarse: boolean;
}

/** Where pictures come from. */
export interface Album {
  /** The picture of an image; what is not known, or no longer there, has none. */
  readonly picture: (origin: Origin | null) => Promise<Picture>;
  /** Why pictures are missing, each image once. */
  readonly missing: () => readonly string[];
}

/** Pixels of the longer side that a picture has at most: twice what the page shows. */
const LARGEST = 192;
const COARSE = 64;

const none: Picture = { uri: null, coarse: false };

/**
 * An album that loads each dataset once, and each file when it is asked for.
 *
 * @param data The folder with the datasets' files, in place of the one that origins remember.
 */
export function albumOf(env: DataEnv, data?: string): Album {
  const datasets = new Map<string, Promise<E.Either<string, Dataset>>>();
  const missing = new Map<string, string>();
  const load = (part: Extract<Origin["part"], { kind: "dataset" }>) => {
    const { dataset, seed } = part;
    const folder = data ?? part.data ?? undefined;
    const key = JSON.stringify([dataset, seed, folder]);
    const loading = datasets.get(key) ??
      loadImages({ dataset, data: folder, seed }, env)().then(E.mapLeft(describe));
    datasets.set(key, loading);
    return loading;
  };
  const bitmap = async ({ part, at }: Origin): Promise<E.Either<string, Bitmap>> => {
    if (part.kind === "files") {
      return E.mapLeft(describe)(await readBitmap(part.files[at], env.files)());
    }
    const loaded = await load(part);
    if (E.isLeft(loaded)) return loaded;
    const { shape, [part.split]: { count, pixels } } = loaded.right;
    const [i, size] = [part.from + at, pixels.length / count];
    return i < count
      ? E.right(bitmapOf(pixels.subarray(i * size, (i + 1) * size), shape))
      : E.left(`${part.name} ${part.split} has ${count} images`);
  };
  return {
    picture: async (origin) => {
      if (origin === null) return none;
      const found = await bitmap(origin);
      if (E.isRight(found)) return pictureOf(found.right);
      missing.set(originName(origin), found.left);
      return none;
    },
    missing: () => [...missing.values()],
  };
}

/** A bitmap as a picture: its largest square around the centre, as the model sees it, reduced. */
function pictureOf(bitmap: Bitmap): Picture {
  const side = Math.min(bitmap.width, bitmap.height, LARGEST);
  const data = fit(bitmap, [side, side], "rgb");
  const png = encode({ width: side, height: side, data, channels: 3, depth: 8 });
  return { uri: `data:image/png;base64,${png.toBase64()}`, coarse: side <= COARSE };
}

/** The picture of a model's own bytes. */
export const inputPicture = (pixels: Uint8Array, { size }: InputLayout): Picture =>
  pictureOf(bitmapOf(pixels, size));
