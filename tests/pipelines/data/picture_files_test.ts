import fc from "npm:fast-check@4.3.0";
import { E, TE } from "../../../graph/fp_ts.ts";
import { type DataEnv, denoDataEnv } from "../../../pipelines/data/environment.ts";
import {
  isPictureName,
  listPictures,
  passedOver,
  type PictureListing,
  placed,
} from "../../../pipelines/data/picture_files.ts";
import { assertEquals } from "../../assert.ts";
import { right } from "../tiny.ts";
import { fake } from "./fake.ts";

/** Makes a folder with files and links, lists it, and removes it. */
async function listed(
  files: readonly string[],
  links: Readonly<Record<string, string>> = {},
  { more = () => Promise.resolve(), env = denoDataEnv }: {
    readonly more?: (folder: string) => Promise<unknown>;
    readonly env?: DataEnv;
  } = {},
): Promise<PictureListing> {
  const folder = await Deno.makeTempDir();
  try {
    for (const file of files) {
      const inside = file.slice(0, file.lastIndexOf("/") + 1);
      await Deno.mkdir(`${folder}/${inside}`, { recursive: true });
      if (!file.endsWith("/")) await Deno.writeTextFile(`${folder}/${file}`, file);
    }
    for (const [link, target] of Object.entries(links)) {
      await Deno.symlink(target, `${folder}/${link}`);
    }
    await more(folder);
    const listing = right(await listPictures(folder, env)());
    for (const { path, name } of listing.pictures) assertEquals(path, `${folder}/${name}`);
    return listing;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = ({ pictures }: PictureListing) => pictures.map(({ name }) => name);
const reasons = ({ passed }: PictureListing) =>
  Object.fromEntries(passed.map(({ name, reason }) => [name, reason]));

Deno.test("pictures are listed to any depth, those of a folder before those of its folders", async () => {
  const files = [
    "b.png",
    "a/z.JPG",
    "a/b/c/d.jpeg",
    "a-b/1.webp",
    "10.avif",
    "9.gif",
    "C.jfif",
    "h.HEIC",
    "i.heif",
    "t.tif",
    "u.TIFF",
    "v.bmp",
    "x.jpe",
  ];
  const listing = await listed(files);
  assertEquals(names(listing), [
    "10.avif",
    "9.gif",
    "C.jfif",
    "b.png",
    "h.HEIC",
    "i.heif",
    "t.tif",
    "u.TIFF",
    "v.bmp",
    "x.jpe",
    "a/z.JPG",
    "a/b/c/d.jpeg",
    "a-b/1.webp",
  ]);
  assertEquals(listing.passed, []);
});

Deno.test("what systems leave, other kinds and empty folders are passed over, each with its reason", async () => {
  const listing = await listed([
    "cat/1.png",
    ".DS_Store",
    "cat/.hidden.png",
    "cat/Thumbs.db",
    "cat/desktop.ini",
    "@eaDir/1.jpg/thumb.jpg",
    "__MACOSX/cat/._1.png",
    ".git/a.png",
    "cat/IMG_1.DNG",
    "cat/2.nef",
    "cat/5.svg",
    "cat/notes.txt",
    "cat/png",
    "dog/",
    "owl/a/b/",
    "owl/c/",
    "emu/read.me",
  ]);
  assertEquals(names(listing), ["cat/1.png"]);
  assertEquals(reasons(listing), {
    ".DS_Store": "hidden",
    ".git": "hidden",
    "@eaDir": "hidden",
    "__MACOSX": "hidden",
    "cat/.hidden.png": "hidden",
    "cat/Thumbs.db": "hidden",
    "cat/desktop.ini": "hidden",
    "cat/IMG_1.DNG": "raw",
    "cat/2.nef": "raw",
    "cat/5.svg": "svg",
    "cat/notes.txt": "other",
    "cat/png": "other",
    "dog": "empty",
    "owl": "empty",
    "emu": "empty",
    "emu/read.me": "other",
  });
});

Deno.test("links are followed, but not those that lead nowhere or in a circle", async () => {
  const listing = await listed(["cat/1.png", "sets/new/2.png"], {
    "dog": "cat",
    "3.png": "cat/1.png",
    "lost.png": "nowhere.png",
    "loop.png": "loop.png",
    "device.png": "/dev/zero",
    "cat/self": ".",
    "cat/up": "..",
    "cat/above": "../..",
    "cat/sets": "../sets",
    "sets/cat": "../cat",
  });
  assertEquals(names(listing), [
    "3.png",
    "cat/1.png",
    "cat/sets/new/2.png",
    "dog/1.png",
    "dog/sets/new/2.png",
    "sets/cat/1.png",
    "sets/new/2.png",
  ]);
  const links = reasons(listing);
  for (const name of ["lost.png", "loop.png", "device.png"]) assertEquals(links[name], "lost");
  for (const name of ["cat/self", "cat/up", "cat/above", "cat/sets/cat", "sets/cat/sets"]) {
    assertEquals([name, links[name]], [name, "circular"]);
  }
});

Deno.test("folders whose links lead from each to all others come to an end", async () => {
  const folders = Array.from({ length: 6 }, (_, i) => `f${i}`);
  const links = folders.flatMap((from) =>
    folders.filter((to) => to !== from).map((to) => [`${from}/${to}`, `../${to}`] as const)
  );
  const listing = await listed(folders.map((name) => `${name}/1.png`), Object.fromEntries(links));
  assertEquals(new Set(names(listing)).size, names(listing).length);
  assertEquals(names(listing).length, 6 * (1 + 5 + 5 * 4 + 5 * 4 * 3 + 5 * 4 * 3 * 2));
});

Deno.test("a folder that cannot be read is passed over, and a pipe is no picture", async () => {
  const files = ["cat/1.png", "dog/2.png"];
  const env: DataEnv = {
    ...denoDataEnv,
    list: (folder) =>
      folder.endsWith("/dog")
        ? TE.left({
          _tag: "FileUnavailable",
          operation: "read",
          file: folder,
          reason: "permission denied",
          advice: "Check the path",
        })
        : denoDataEnv.list(folder),
  };
  const pipe = (folder: string) =>
    new Deno.Command("mkfifo", { args: [`${folder}/cat/pipe.png`] }).output();
  const listing = await listed(files, {}, { more: pipe, env });
  assertEquals(names(listing), ["cat/1.png"]);
  assertEquals(reasons(listing), { "dog": "unreadable", "cat/pipe.png": "other" });
  assertEquals(E.isLeft(await listPictures("/nowhere/at/all", denoDataEnv)()), true);
});

const name = fc.constantFrom("a", "B", "train", "Test", "é", "10", "9", ".x", "__MACOSX", "a b");
const file = fc.tuple(
  fc.array(name, { maxLength: 3 }),
  name,
  fc.constantFrom(".png", ".JPG", ".svg", ".txt"),
).map(([folders, name, ending]) => [...folders, name + ending].join("/"));

Deno.test("the listing does not depend on the order of the disk, and holds every file once", async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(file, { maxLength: 20 }).chain((files) =>
      fc.tuple(fc.constant(files), fc.shuffledSubarray(files, { minLength: files.length }))
    ),
    async ([files, shuffled]) => {
      const of = async (files: readonly string[]) => {
        const disk = Object.fromEntries(files.map((file) => [`/pets/${file}`, new Uint8Array()]));
        return right(await listPictures("/pets", fake({ disk }).env)());
      };
      const listing = await of(files);
      assertEquals(await of(shuffled), listing);
      const isHidden = (file: string) => /(^|\/)(\.|__MACOSX(\/|$))/.test(file);
      assertEquals(
        names(listing).toSorted(),
        files.filter((file) => isPictureName(file) && !isHidden(file)).toSorted(),
      );
      const places = placed(listing.pictures);
      assertEquals(places.map(({ name }) => name), names(listing));
      for (const { name, label } of places) {
        if (label !== null) assertEquals(`/${name}`.includes(`/${label}/`), true);
      }
    },
  ));
});

Deno.test("what is passed over is said in one line, whatever the files are called", () => {
  assertEquals(passedOver([]), "");
  assertEquals(
    passedOver([
      { name: "a\u001b[2Jb\n.txt", reason: "other" },
      { name: "x", reason: "lost" },
      { name: "y", reason: "lost" },
    ]),
    "passed over: 1 other file (a?[2Jb?.txt), 2 links that lead nowhere (x, y)",
  );
  const many = Array.from({ length: 1234 }, (_, i) => ({ name: `${i}`, reason: "svg" }) as const);
  assertEquals(passedOver(many), "passed over: 1,234 SVG (0, 1, 2, …)");
});
