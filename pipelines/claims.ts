/**
 * Tests claims about kWTA codes, and writes the verdicts down.
 *
 *     deno run -P pipelines/claims.ts --help
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { describe } from "../graph/error.ts";
import { claims, CLAIMS_FILE, PAGE_FILE, runClaims } from "./studies/claims/run_claims.ts";
import { duration } from "./cli/text.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, deviceOf, type Options, program } from "./cli/program.ts";

/** The flags of the program besides the shared ones. */
export const flags = {
  claim: {
    kind: "names",
    help: "test only these claims, by number, as in 1,4 [all]",
    choices: claims.map(({ number }) => String(number)),
  },
  quick: { kind: "switch", help: "a reduced form: fewer images and epochs" },
  seeds: {
    kind: "integers",
    help: "one repetition for each seed",
    most: 0xffff_ffff,
    fallback: [26, 1, 2],
  },
} as const satisfies Flags;

const work = (options: Options<typeof flags>, context: Context) =>
  pipe(
    context.begin,
    TE.chain(({ env, dataset }) => async () => {
      const begun = env.now();
      const { claim: numbers, seeds, quick } = options;
      const { out: folder, data } = context;
      const { backend } = env;
      env.observer?.about({
        dataset: dataset.name,
        notice: dataset.notice,
        config: { ...options },
      });
      const done = await runClaims({
        claims: claims.filter(({ number }) => numbers?.includes(String(number)) ?? true),
        circumstances: { dataset, seeds, quick, backend },
        folder,
        commandOf: ({ number }) =>
          repeating(options, number, backend.name, data.variable("SPARROW_DATA")),
      }, env);
      if (E.isLeft(done)) return done;
      const holding = done.right.filter(({ findings }) => findings.holds).length;
      return E.right([
        `${holding} of ${done.right.length} hold, on ${dataset.name}, in ` +
        `${duration((env.now() - begun) / 1000)} on ${deviceOf(backend)}`,
        `${folder}: ${CLAIMS_FILE}, ${PAGE_FILE}`,
      ]);
    }),
  );

/**
 * The command line that repeats one claim.
 *
 * @param backend The backend that it ran on.
 * @param sparrowData The variable `SPARROW_DATA`, where further datasets may have been found.
 */
export const repeating = (
  { quick, seeds, dataset = null, data = null }: Pick<
    Options<typeof flags>,
    "quick" | "seeds" | "dataset" | "data"
  >,
  number: number,
  backend: string,
  sparrowData?: string,
): string =>
  [
    ...sparrowData === undefined ? [] : [`SPARROW_DATA=${quoted(sparrowData)}`],
    `deno task claims -- --claim ${number}`,
    ...quick ? ["--quick"] : [],
    `--seeds ${seeds.join()}`,
    ...dataset === null ? [] : [`--dataset ${dataset}`],
    `--backend ${backend}`,
    ...data === null ? [] : [`--data ${quoted(data)}`],
  ].join(" ");

/** Quotes a text as one word of a POSIX shell. */
const quoted = (text: string): string =>
  /^[\w./:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

if (import.meta.main) {
  await program({
    name: "claims",
    summary:
      "Tests what is said of kWTA codes: trains what each claim compares, once per seed, says by\n" +
      "its criterion whether it holds, and writes claims.json and claims.html.",
    flags,
    datasets: ["mnist", "fashion_mnist", "strokes"],
    backend: true,
    dashboard: true,
    results: "folder",
    work,
    interrupted: (error, folder) =>
      `${describe(error)}. What was finished is in ${folder}/${CLAIMS_FILE}`,
  });
}
