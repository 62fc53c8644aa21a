/**
 * Finds the images whose codes are nearest to those of others.
 *
 *     deno run -P pipelines/search.ts --help
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, inputFlags, inputOptions, type Options, program } from "./cli/program.ts";
import { table } from "./cli/text.ts";
import { VERSION } from "./core/version.ts";
import {
  distinctCodes,
  isCodesFile,
  nearestImages,
  type NearestImagesOptions,
  queryCodes,
  type SearchAnswer,
} from "./encode/search.ts";
import { searchSheet } from "./encode/search_sheet.ts";
import { loadCodes, type SavedCodes } from "./files/codes.ts";
import { denoFiles } from "./files/files.ts";
import { count } from "./report/format.ts";

/** The name of the contact sheet in the output folder. */
const SHEET_FILE = "search.html";

const flags = {
  model: {
    kind: "text",
    help: "model that encodes query images [the one that made CODES, where it still is]",
    value: "MODEL",
  },
  k: { kind: "integer", help: "results per query", least: 1, most: 1000, fallback: 10 },
  distance: {
    kind: "choice",
    help:
      "what the nearest have least of, or most, or the values before kWTA, among the nearest 100",
    choices: ["hamming", "overlap", "values"],
    fallback: "hamming",
  },
  group: { kind: "switch", help: "collect near-duplicates of a result under it" },
  show: {
    kind: "integer",
    help: "queries to print and to put on the contact sheet",
    least: 1,
    most: 10_000,
    fallback: 20,
  },
  json: { kind: "switch", help: "print all results as JSON, in place of the table" },
  out: { kind: "text", help: `folder for a contact sheet, ${SHEET_FILE} [none]`, value: "DIR" },
  ...inputFlags,
} as const satisfies Flags;

/** Does the program's work; returns the lines to print at the end. */
async function work(
  options: Options<typeof flags>,
  context: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { operands: [file, ...operands], data: dataEnv, note } = context;
  const loaded = await loadCodes(file, denoFiles)();
  if (E.isLeft(loaded)) return loaded;
  const set = loaded.right;
  const { k, group, show, json, out, invert, "skip-bad": skipBad } = options;
  const [model, trunk] = [options.model ?? undefined, options.trunk ?? undefined];
  const distance = options.distance as NearestImagesOptions["distance"];
  // Before any image is encoded for nothing.
  if (k > set.codes.count) {
    const range = `an integer from 1 to the number of codes, ${set.codes.count}`;
    return E.left(
      set.codes.count === 0
        ? invalidOption(`the codes ${file}`, "none", "at least one code")
        : invalidOption("-k", k, range),
    );
  }
  const queries = await queryCodes(
    set,
    operands,
    { model, trunk, invert, skipBad, ...inputOptions(options) },
    context,
  );
  if (E.isLeft(queries)) return queries;
  const found = nearestImages(set, queries.right, { k, distance, group });
  if (E.isLeft(found)) return found;
  const answers = found.right;
  const lines = json
    ? [JSON.stringify({ codes: file, distance, k, answers }, null, 2)]
    : [resultTable(answers.slice(0, show)), ...summary(answers, show), codesLine(set)];
  if (out === null) return E.right(lines);

  const page = `${out}/${SHEET_FILE}`;
  const sheet = await searchSheet({
    set,
    queries: queries.right,
    answers: answers.slice(0, show),
    distance,
    config: { codes: file, queries: operands, options, version: VERSION },
  }, { data: options.data ?? undefined, dataEnv })();
  if (E.isLeft(sheet)) return sheet;
  const written = await denoFiles.write(page, sheet.right)();
  if (E.isLeft(written)) return written;
  if (json) note(page);
  return E.right(json ? lines : [...lines, page]);
}

const resultTable = (answers: readonly SearchAnswer[]): string => {
  const isGrouped = answers.some(({ results }) => results[0]?.duplicates !== undefined);
  return table([
    [
      "query",
      "label",
      "rank",
      "name",
      "label",
      "distance",
      "overlap",
      ...isGrouped ? ["alike"] : [],
    ],
    ...answers.flatMap(({ query, results }) =>
      results.map(({ rank, name, label, distance, overlap, difference, duplicates }) => [
        rank === 1 ? query.name : "",
        rank === 1 ? query.label ?? "–" : "",
        String(rank),
        difference === undefined ? name : `${name} (near-duplicate)`,
        label ?? "–",
        String(distance),
        String(overlap),
        ...isGrouped ? [duplicates?.length ? `+${duplicates.length}` : ""] : [],
      ])
    ),
  ]);
};

/** Warns where many codes are the same, and says what orders those that are equally near. */
const codesLine = ({ codes, activations, thumbnails }: SavedCodes): string =>
  `${count(codes.count, "code")} searched, ${
    distinctCodes(codes).toLocaleString("en-GB")
  } of them distinct; ` +
  (thumbnails === undefined ? "" : "near-duplicates are first, and ") +
  (activations === undefined
    ? "of equal distances the first in the file is first"
    : "equal distances are ordered by the units' values");

/** Says what the table leaves out, and how often labels agree where there are some on both sides. */
function summary(answers: readonly SearchAnswer[], show: number): readonly string[] {
  const judged = answers.filter(({ query, results }) =>
    query.label !== null && results.every(({ label }) => label !== null)
  );
  const same = (results: SearchAnswer["results"], label: string | null) =>
    results.filter((result) => result.label === label).length / results.length;
  const share = (of: (answer: SearchAnswer) => number) =>
    (judged.reduce((sum, answer) => sum + of(answer), 0) / judged.length).toFixed(4);
  return [
    ...answers.length > show
      ? [
        `… and ${
          count(answers.length - show, "more query", "more queries")
        }: --show, or --json for all`,
      ]
      : [],
    ...judged.length === 0 ? [] : [
      `The nearest has the query's label in ${
        share(({ query, results }) => same(results.slice(0, 1), query.label))
      }` +
      ` of ${count(judged.length, "query", "queries")}, all results in ${
        share(({ query, results }) => same(results, query.label))
      }`,
    ],
  ];
}

if (import.meta.main) {
  await program({
    name: "search",
    summary:
      "Finds, among CODES that encode.ts wrote, the nearest to each query, exactly. A QUERY is a file\n" +
      "of codes (.npz), or whatever encode.ts encodes: an image file, a folder, a dataset's name.\n" +
      "Near-duplicates of the query come first; equal distances are ordered by the units' values\n" +
      "where CODES has them.",
    operands: "CODES QUERY…",
    flags,
    backend: true,
    refuse: ({ model, invert }, [, ...queries]) => {
      if (queries.every(isCodesFile) && (model !== null || invert)) {
        return invalidOption(
          model === null ? "--invert" : "--model",
          queries.join(" "),
          "images among the queries",
        );
      }
      return queries.length > 1 && queries.some(isCodesFile)
        ? invalidOption("QUERY", queries.join(" "), "one file of codes, or images")
        : null;
    },
    work: (options, context) => () => work(options, context),
  });
}
