/**
 * Sets of pictures as `prepare.sh` makes them.
 *
 * @module
 */

/** A picture of a set. */
export interface SetPicture {
  /** Path of its file. */
  readonly file: string;
  /** Class of the picture: the name of its folder. */
  readonly label: string;
  /** Class and name of the picture, without the ending: a near-duplicate has those of its original. */
  readonly key: string;
}

/** A set: pictures to train on and to search among, others to search with, and near-duplicates of the first. */
export interface PictureSet {
  /** The seed that made it, which is its folder's name. */
  readonly seed: string;
  /** Folder with `train/` and `test/`. */
  readonly folder: string;
  /** Pictures to train on, and to search among. */
  readonly train: readonly SetPicture[];
  /** Pictures to search with. */
  readonly test: readonly SetPicture[];
  /** A near-duplicate of each picture of `train`, in the same order. */
  readonly near: readonly SetPicture[];
}

/** Lists the pictures of a folder of classes, by class and name. */
export function picturesIn(folder: string): readonly SetPicture[] {
  const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  return names(folder).flatMap((label) =>
    names(`${folder}/${label}`).map((name) => ({
      file: `${folder}/${label}/${name}`,
      label,
      key: `${label}/${name.replace(/\.\w+$/, "")}`,
    }))
  );
}

/** Reads the sets of a folder, by seed. */
export function readSets(folder: string, seeds: readonly string[] | null): readonly PictureSet[] {
  const there = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^\d+$/.test(name));
  return (seeds ?? there).toSorted((a, b) => Number(a) - Number(b)).map((seed) => {
    const pictures = `${folder}/${seed}/pics`;
    const train = picturesIn(`${pictures}/train`);
    const near = picturesIn(`${folder}/${seed}/neardup`);
    const byKey = new Map(near.map((picture) => [picture.key, picture]));
    const copies = train.flatMap(({ key }) => byKey.get(key) ?? []);
    if (copies.length !== train.length) {
      throw new Error(
        `${folder}/${seed}/neardup has not one picture for each of ${pictures}/train`,
      );
    }
    return { seed, folder: pictures, train, test: picturesIn(`${pictures}/test`), near: copies };
  });
}

/** Copies the pictures of some classes into a folder of its own, with `train/` and `test/`. */
export function copyClasses(set: PictureSet, classes: readonly string[], folder: string): void {
  for (const part of ["train", "test"] as const) {
    for (const { file, label } of set[part].filter(({ label }) => classes.includes(label))) {
      Deno.mkdirSync(`${folder}/${part}/${label}`, { recursive: true });
      Deno.copyFileSync(file, `${folder}/${part}/${label}/${file.split("/").at(-1)}`);
    }
  }
}
