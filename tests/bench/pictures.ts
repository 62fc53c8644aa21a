/**
 * Search among pictures of mixed classes, photographs and drawings: what codes find, trained on a trunk's features and
 * from scratch, beside pixels, a colour histogram and perceptual hashes.
 *
 *     bash tests/bench/pictures/prepare.sh runs/pictures
 *     deno task bench:pictures runs/pictures
 *
 * Each set has 235 pictures of 16 classes to train on and to search among, and 61 to search with. Codes are those of
 * `pipelines/conv_kwta.ts` with its defaults for a folder, run as a user would, and are searched as
 * `pipelines/search.ts` searches them. Means over the sets, with 95 % intervals of the differences from pixels, which
 * are paired: the same queries for all. What was measured is kept in the folder of the results, set by set, and is not
 * measured again; another `--out` starts from nothing.
 *
 * The trunk is nsfwjs's MobileNetV2: trained on ImageNet, then for another purpose, but its inner layers are of
 * general use. The classes of drawings are OpenMoji's groups ("clothing", "vehicles"): what a drawing means, of which
 * no colour or texture tells.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, orThrow } from "../../graph/error.ts";
import { startBackend } from "../../ops/backend.ts";
import { type Flags, helpText, readCommandLine, type Values } from "../../pipelines/cli/options.ts";
import { FAILED, sharedFlags, USAGE } from "../../pipelines/cli/program.ts";
import { asText } from "../../pipelines/report/table.ts";
import { machine, showMachine } from "./machine.ts";
import { descriptors } from "./pictures/descriptors.ts";
import {
  describedBy,
  type Measured,
  measured,
  type Method,
  trainedCodes,
} from "./pictures/methods.ts";
import { type PictureSet, readSets } from "./pictures/sets.ts";
import { resultTable } from "./pictures/result_table.ts";

/** The layer of nsfwjs's MobileNetV2 that finds best: an inner one, before the network narrows. */
const LAYER = "expanded_conv_13/expand/Relu6";

const flags = {
  help: sharedFlags.help,
  sets: {
    kind: "text",
    help: "only these sets [all folders with a number as name]",
    value: "SEED,…",
  },
  methods: {
    kind: "text",
    help: "only methods whose name has one of these in it",
    value: "TEXT,…",
  },
  trunk: { kind: "text", help: "the trunk [FOLDER/trunk/model.json]", value: "FILE" },
  layer: { kind: "text", help: "the layer of the trunk [the one measured best]", value: "NAME" },
  out: { kind: "text", help: "folder for results [runs/bench-pictures]", value: "DIR" },
} as const satisfies Flags;

type Options = Values<typeof flags>;

/** A method by name, made for a set where it is wanted. */
type Making = readonly [name: string, make: (set: PictureSet) => Method | Promise<Method>];

function methodsOf(folder: string, out: string, options: Options): readonly Making[] {
  const trunk = options.trunk ?? `${folder}/trunk/model.json`;
  const layer = options.layer ?? LAYER;
  const codes = (name: string, short: string, flags: readonly string[]): Making => [
    name,
    (set) =>
      trainedCodes(set, {
        name,
        flags,
        out: `${out}/${set.seed}/${short}`,
        unseen: short === "trunk",
      }),
  ];
  const wanted = options.methods?.split(",");
  return [
    ...describedBy(descriptors).map((method): Making => [method.name, () => method]),
    codes("codes, from scratch", "scratch", []),
    codes("codes, with a trunk", "trunk", ["--trunk", trunk, "--layer", layer]),
  ].filter(([name]) => wanted?.some((text) => name.includes(text)) ?? true);
}

async function run(folder: string, options: Options): Promise<void> {
  const out = options.out ?? "runs/bench-pictures";
  const sets = readSets(folder, options.sets?.split(",") ?? null);
  if (sets.length === 0) throw new Error(`${folder} has no sets: make them with prepare.sh`);
  orThrow(await startBackend("wasm")());
  console.log(showMachine(machine()));
  const rows: Measured[][] = [];
  for (const [name, make] of methodsOf(folder, out, options)) {
    const row: Measured[] = [];
    for (const set of sets) {
      const file = `${out}/${set.seed}/${name.replaceAll(/\W+/g, "-")}.json`;
      const before = await Deno.readTextFile(file).catch(() => null);
      const found: Measured = before === null
        ? await measured(await make(set), set)
        : JSON.parse(before);
      if (before === null) {
        await Deno.mkdir(`${out}/${set.seed}`, { recursive: true });
        await Deno.writeTextFile(file, JSON.stringify(found));
        console.error(`set ${set.seed}: ${JSON.stringify(found)}`);
      }
      row.push(found);
    }
    rows.push(row);
  }
  console.log(`\n${asText(resultTable(rows))}`);
}

if (import.meta.main) {
  const line = readCommandLine(flags, Deno.args, "FOLDER");
  if (E.isLeft(line)) {
    console.error(describe(line.left));
    Deno.exit(USAGE);
  }
  const { options, operands: [folder] } = line.right;
  if (options.help) {
    const summary = "Measures the search among pictures by codes and by simple descriptors.";
    console.log(
      helpText("pictures", summary, flags, "FOLDER")
        .replace("deno run -P pipelines/pictures.ts", "deno task bench:pictures"),
    );
    Deno.exit(0);
  }
  try {
    await run(folder, options);
    Deno.exit(0);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(FAILED);
  }
}
