/**
 * The configuration of a run that was begun before, and the options of one that goes on.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { CONFIG_FILE } from "../config.ts";
import type { Files } from "../files.ts";

type Config = Readonly<Record<string, unknown>>;

/** The configuration in a folder; `FileUnavailable`, or `CorruptFile` for what is no JSON object. */
export const savedConfig = (folder: string, files: Files): TE.TaskEither<SparrowError, Config> =>
  pipe(
    files.read(`${folder}/${CONFIG_FILE}`),
    TE.chainEitherKW((bytes): E.Either<SparrowError, Config> => {
      try {
        const config = JSON.parse(new TextDecoder().decode(bytes));
        if (typeof config === "object" && config !== null && !Array.isArray(config)) {
          return E.right(config);
        }
      } catch { /* As below. */ }
      const file = `${folder}/${CONFIG_FILE}`;
      return E.left({ _tag: "CorruptFile", file, reason: "expected a JSON object" });
    }),
  );

/** How a program is run, and not what it computes: never taken from before. */
const ofThisTime = ["help", "quiet", "debug", "profile", "dashboard", "resume", "on-gpu-loss"];

/** What may be given anew; the rest is as it was. */
const free = [...ofThisTime, "threads", "data", "backend", "epochs"];

/**
 * The options of a run that goes on: those of before, and of the new ones those that may differ.
 *
 * @param given Every option, defaults included.
 * @param args The command line: what is not on it is as before.
 * @returns The options; `InvalidOption` for one that contradicts those of before, and for fewer epochs.
 */
export function resumedOptions(
  given: Config,
  args: readonly string[],
  folder: string,
  before: Config,
): E.Either<SparrowError, Config> {
  const place = `${folder}/${CONFIG_FILE}`;
  const saved = before.options as Config | undefined;
  if (typeof saved !== "object" || saved === null) {
    return E.left({ _tag: "CorruptFile", file: place, reason: "expected options" });
  }
  const isGiven = (name: string) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const options: Record<string, unknown> = { ...given };
  for (const name of Object.keys(given)) {
    if (ofThisTime.includes(name) || !Object.hasOwn(saved, name)) continue;
    if (!isGiven(name)) options[name] = saved[name];
    else if (!free.includes(name) && given[name] !== saved[name]) {
      return E.left(invalidOption(
        `--${name}`,
        given[name],
        `${saved[name] ?? "nothing"}, as in ${place}: a run goes on as it was begun`,
      ));
    }
  }
  const [epochs, begun] = [Number(options.epochs), Number(saved.epochs)];
  if (epochs < begun) {
    return E.left(invalidOption("--epochs", epochs, `at least ${begun}, as in ${place}`));
  }
  // "auto" might find another backend today.
  const { name } = (before.backend ?? {}) as Config;
  if (!isGiven("backend") && typeof name === "string") options.backend = name;
  return E.right(options);
}
