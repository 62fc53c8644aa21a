/**
 * Checks documentation, prints the faults and fails where there are any:
 *
 * - `deno doc --lint` of every entry point, without its false alarms: it counts types of npm packages, and types that
 *   are exported in a namespace, as private, and expects documentation inside of packages;
 * - the first sentence of every docstring: it names its subject or begins with a verb, so that it is no fragment;
 * - words that docstrings do not use;
 * - `@param` for every parameter of a public function.
 *
 * @module
 */

import {
  type Declaration,
  entryPoints,
  type Parameter,
  publicSymbols,
} from "./api/public_symbols.ts";

/** Types of fp-ts and tfjs that our signatures mention. */
const FOREIGN = new Set([
  "Either",
  "Monoid",
  "ReaderTaskEither",
  "Scalar",
  "TaskEither",
  "Tensor",
  "Tensor1D",
  "Tensor2D",
]);

const root = new URL("..", import.meta.url).pathname;

/** The types of `graph/mod.ts`'s namespaces. */
const inNamespaces = new Set(
  ["graph/types.ts", "graph/misfit.ts"].flatMap((path) =>
    Array.from(
      Deno.readTextFileSync(root + path).matchAll(
        /^export (?:declare const|interface|type) (\w+)/gm,
      ),
      ([, name]) => name,
    )
  ),
);

// ---- deno doc --lint

const { stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...entryPoints().map(({ path }) => path)],
  cwd: root,
  env: { NO_COLOR: "1" },
  stdout: "null",
}).output();
const printed = new TextDecoder().decode(stderr);
const findings = printed.split(/^(?=error\[)/m).filter((block) => block.startsWith("error["));
if (!/documentation lint error|Checked/.test(printed)) {
  console.error(printed);
  console.error("deno doc --lint printed neither errors nor success");
  Deno.exit(1);
}
const ours = findings.filter((block) => {
  const place = /--> (.*):\d+:\d+/.exec(block)?.[1] ?? "";
  const privateType = /references private type '(.*?)'/.exec(block)?.[1];
  // Of "export * as X from" and "import * as X" it does not see the documentation.
  const namespaces = /\/(graph\/fp_ts|ops\/tfjs)\.ts$/.test(place);
  if (!place.startsWith(root) || (namespaces && block.startsWith("error[missing-jsdoc]"))) {
    return false;
  }
  return !(privateType !== undefined &&
    (FOREIGN.has(privateType) || inNamespaces.has(privateType)));
});

// ---- Sentences and words

/** First words of fragments, which leave out the subject: "What is kept.", "Of the code, in bits." */
const FRAGMENT = new Set(
  ("Against As At After Before Below Beside Between Beyond By During For From How If In Into Its Not Of On Only Per " +
    "So Than That Their Those Through To Under Until Up What When Where Which Who Whom Whose Why With Within Without")
    .split(" "),
);

/** Words that docstrings do not use, with better ones. */
const RETIRED: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\banew\b/i, "again, or a verb with re-"],
  [/\bgentl[ey]\b/i, "soft"],
  [/\bma[dk]e small\b/i, "minimise"],
  [/\bone's own\b/i, "your own, custom"],
  [/\broom\b/i, "memory, space, folder"],
  [/\btold\b/i, "determined, distinguished, called with"],
  [/\b(?:somebody|whoever)\b/i, "the name of the role: the caller, the user"],
];

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

function* faultsOfText(path: string): Generator<string> {
  const text = Deno.readTextFileSync(root + path);
  for (const { 0: block, 1: content, index } of text.matchAll(/^[ \t]*\/\*\*([^]*?)\*\//gm)) {
    // Escaped backticks stand in a template literal: the text is a string, and no comment.
    if (block.includes("\\`")) continue;
    const lines = content.replaceAll(/^ *\* ?/gm, "").trim();
    const prose = lines.replaceAll(/^```[^]*?^```|@param \S+|`[^`]*`|"[^"]*"/gm, "");
    const sentence = /^[^]*?(?:[.:](?=\s|$)|$)/.exec(lines)![0].replaceAll(/\s+/g, " ");
    const first = /^\w+/.exec(lines)?.[0] ?? "";
    const where = `${path}:${text.slice(0, index).split("\n").length}`;
    if (FRAGMENT.has(first) || lines.startsWith("…")) {
      yield `${where}: expected a noun phrase that names the thing, or a verb, current value is "${sentence}"`;
    }
    for (const [words, instead] of RETIRED) {
      const word = words.exec(prose)?.[0];
      if (word !== undefined) {
        yield `${where}: expected another word (${instead}), current value is "${word}" in the text "${sentence}"`;
      }
    }
  }
}

// ---- Parameters

/** The name of a parameter; null where it is taken apart, so that its tag may have any name. */
const nameOf = ({ kind, name, left, arg }: Parameter): string | null =>
  kind === "identifier"
    ? name ?? null
    : left !== undefined
    ? nameOf(left)
    : arg !== undefined
    ? nameOf(arg)
    : null;

/** The parameters of a declaration that have no `@param`. Of an overloaded function one declaration has no comment. */
function undescribed({ def, jsDoc }: Declaration): readonly string[] {
  if (jsDoc?.doc === undefined) return [];
  const tags = (jsDoc.tags ?? []).filter(({ kind }) => kind === "param").map(({ name }) => name);
  const names = (def?.params ?? []).map(nameOf);
  const others = tags.filter((tag) => tag === undefined || !names.includes(tag)).length;
  const missing = names.filter((name): name is string => name !== null && !tags.includes(name));
  return names.filter((name) => name === null).length > others ? [...missing, "{…}"] : missing;
}

const seen = new Set<string>();

async function* faultsOfParameters(): AsyncGenerator<string> {
  for (const { path } of entryPoints()) {
    for (const { name, declarations } of await publicSymbols(path)) {
      for (const declaration of declarations) {
        const { filename, line } = declaration.location;
        const where = `${filename.replace(`file://${root}`, "")}:${line + 1}`;
        if (seen.has(where) || !filename.startsWith(`file://${root}`)) continue;
        seen.add(where);
        const missing = undescribed(declaration);
        if (missing.length > 0) {
          yield `${where}: expected @param of ${name} for ${missing.join(", ")}`;
        }
      }
    }
  }
}

// ---- The result

const faults = [
  "mod.ts",
  ...["graph", "ops", "pipelines", "tests"].flatMap((folder) => [...sourcesIn(folder)]),
]
  .flatMap((path) => [...faultsOfText(path)]);
for await (const fault of faultsOfParameters()) faults.push(fault);
for (const text of [...ours.map((block) => block.trimEnd() + "\n"), ...faults]) console.error(text);
console.log(`${ours.length + faults.length} documentation errors in this project`);
Deno.exit(ours.length + faults.length === 0 ? 0 : 1);
