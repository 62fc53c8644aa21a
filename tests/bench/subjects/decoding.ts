/**
 * Decoding: photographs of 12 megapixels to thumbnails, in one thread; and as the files of a folder are read, on all
 * cores, without the cache on disk. In the time of a folder is the start of its workers.
 *
 * A JPEG is decoded at a part of its size, which a progressive one allows less of; PNG and WebP are decoded whole. The
 * picture is smooth with noise of a few levels, as cameras make it; written at quality 90.
 *
 * @module
 */
import { E, TE } from "../../../graph/fp_ts.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { decodeThumbnail } from "../../../pipelines/data/decode_image.ts";
import { startMagick } from "../../../pipelines/data/magick.ts";
import { thumbnails } from "../../../pipelines/data/thumbnails.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import type { Case } from "../measure.ts";
import type { Subject } from "../subject.ts";

/** Files of a folder. */
const FILES = 16;

type Format = "JPEG" | "JPEG, progressive" | "PNG" | "WebP";

/** Images to decode, whatever the backend. */
export const decoding: Subject = {
  name: "decoding",
  where: "host",
  cases: ({ short }) => {
    const size = short ? [400, 300] as const : [4000, 3000] as const;
    const cases = (["JPEG", "JPEG, progressive", "PNG", "WebP"] as const).flatMap((format) =>
      [32, 224].map((side) => one(format, size, side))
    );
    return [...cases, ...(["JPEG", "PNG"] as const).map((format) => folder(format, size, 224))];
  },
};

type Size = readonly [width: number, height: number];

const named = (format: Format, [width, height]: Size, side: number): string =>
  `${format} of ${width} × ${height} to ${side} × ${side}`;

const one = (format: Format, size: Size, side: number): Case => ({
  name: named(format, size, side),
  work: { count: 1, what: "images" },
  prepare: async () => {
    const bytes = await photographOf(format, size);
    return {
      call: async () => succeed(await decodeThumbnail("photograph", bytes, [side, side], "rgb")()),
      dispose: () => {},
    };
  },
});

const folder = (format: Format, size: Size, side: number): Case => ({
  name: `${named(format, size, side)}, ${FILES} files`,
  work: { count: FILES, what: "images" },
  prepare: async () => {
    const bytes = await photographOf(format, size);
    const files: Pick<Files, "read"> = { read: () => TE.right(bytes) };
    const paths = Array.from({ length: FILES }, (_, i) => `${i}`);
    const options = { size: [side, side], colour: "rgb" } as const;
    return {
      call: async () => {
        const env = { files: files as Files };
        for await (const thumbnail of thumbnails(paths, options, env)) succeed(thumbnail);
      },
      dispose: () => {},
    };
  },
});

function succeed(result: E.Either<unknown, unknown>): void {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
}

const photographs = new Map<string, Promise<Uint8Array>>();

/** A photograph, made once for all cases. */
function photographOf(format: Format, size: Size): Promise<Uint8Array> {
  const key = `${format} ${size}`;
  const made = photographs.get(key) ?? photograph(format, size);
  photographs.set(key, made);
  return made;
}

async function photograph(format: Format, [width, height]: Size): Promise<Uint8Array> {
  const magick = await startMagick();
  const [pixels] = draw(seed(0), (dice) => {
    const bytes = new Uint8Array(width * height * 3);
    for (let i = 0; i < bytes.length; i++) {
      const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
      const smooth = Math.sin((x + 40 * channel) / 90) + Math.cos(y / 70) +
        Math.sin((x * y) / 40_000);
      bytes[i] = 128 + 30 * smooth + dice.integer(-4, 4);
    }
    return bytes;
  });
  const settings = new magick.MagickReadSettings();
  Object.assign(settings, { format: "RGB", width, height, depth: 8 });
  const image = magick.MagickImage.create();
  try {
    image.read(pixels, settings);
    image.quality = 90;
    if (format === "JPEG, progressive") image.settings.interlace = magick.Interlace.Jpeg;
    const written = format === "PNG" || format === "WebP" ? format.toUpperCase() : "JPEG";
    return image.write(written as "JPEG" | "PNG" | "WEBP", (bytes) => bytes.slice());
  } finally {
    image.dispose();
  }
}
