/**
 * Lists every symbol of the public face in `API.md`: what it is, where it is defined, the first
 * sentence of its documentation, and of a function the signature, where that is short.
 *
 *     deno task api                               writes the list
 *     deno run -P=test tests/api/list.ts --check  fails where the list is out of date
 *
 * A change of the public API thus shows up in a diff. `deno doc` says what is exported; signatures
 * are read from the sources, as they are written there.
 *
 * @module
 */
import ts from "npm:typescript@5.9.3";
import {
  type Declaration,
  type PublicSymbol,
  publicSymbols,
  root as rootUrl,
} from "./public_symbols.ts";

/** Of a signature that is read at a glance. */
const MOST_CHARACTERS = 100;

/** One symbol of the list. */
interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly summary: string;
  readonly signatures: readonly string[];
  /** Whether it is public only because signatures need it. */
  readonly behind: boolean;
}

const listUrl = new URL("API.md", import.meta.url);

const layers = {
  graph: "what a model is",
  ops: "what a node does",
  pipelines: "what you do with it",
};

/** The words for `deno doc`'s kinds. */
const kinds: Readonly<Record<string, string>> = {
  function: "function",
  variable: "const",
  typeAlias: "type",
  interface: "interface",
  namespace: "namespace",
  class: "class",
};

const sources = new Map<string, ts.SourceFile>();

function sourceOf(path: string): ts.SourceFile {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const text = Deno.readTextFileSync(new URL(path, rootUrl));
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  sources.set(path, source);
  return source;
}

/** The statement of a file at a line, counted from 0. */
function statementAt(path: string, line: number): ts.Statement | undefined {
  const source = sourceOf(path);
  const at = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  return source.statements.find((one) => at(one.getStart()) <= line && line <= at(one.end));
}

/** A declaration outside of the house can only be one that this file hands on. */
function pathOf({ filename }: Declaration["location"]): string {
  if (filename.startsWith(rootUrl.href)) return filename.slice(rootUrl.href.length);
  if (filename.includes("/fp-ts/")) return "graph/fp_ts.ts";
  throw new Error(`${filename} is neither Sparrow's nor fp-ts's`);
}

/** `deno doc` does not see the comments before `export * as X from` and `import * as X`. */
function commentBefore(path: string, line: number): string {
  const { text } = sourceOf(path);
  const statement = statementAt(path, line);
  const comment = ts.getLeadingCommentRanges(text, statement?.getFullStart() ?? 0)?.at(-1);
  if (comment === undefined) return "";
  return text.slice(comment.pos, comment.end).replace(/^\/\*\*|\*\/$/g, "")
    .replaceAll(/^ *\* ?/gm, "").trim();
}

/** The first sentence; what follows one begins with no small letter. */
function sentence(doc: string): string {
  const paragraph = doc.trim().split(/\n\s*\n|\n@/)[0].replaceAll(/\s+/g, " ");
  const plain = paragraph.replaceAll(/\{@link(?:code|plain)? ([^}]*)\}/g, "`$1`");
  return /^.*?\.(?=$| (?!\p{Ll}))/u.exec(plain)?.[0] ?? "";
}

const oneLine = (text: string): string =>
  text.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(/,? \)/g, ")");

function signatureOf(name: string, path: string, line: number): string | null {
  const statement = statementAt(path, line);
  if (statement === undefined) return null;
  if (ts.isFunctionDeclaration(statement)) return ofFunction(name, statement);
  if (!ts.isVariableStatement(statement)) return null;
  const declaration = statement.declarationList.declarations
    .find((declaration) => declaration.name.getText() === name);
  const { type, initializer } = declaration ?? {};
  if (type !== undefined) return within([`${name}: ${oneLine(type.getText())}`]);
  return initializer !== undefined && ts.isArrowFunction(initializer)
    ? ofFunction(name, initializer)
    : null;
}

function ofFunction(
  called: string,
  { parameters, type, typeParameters }: ts.FunctionDeclaration | ts.ArrowFunction,
): string | null {
  const generics = typeParameters?.map((parameter) => parameter.getText()).join(", ");
  const before = generics === undefined ? called : `${called}<${generics}>`;
  const returned = type === undefined ? "" : `: ${type.getText()}`;
  const named = parameters.map(({ dotDotDotToken, name, questionToken, initializer, type }) => {
    const rest = dotDotDotToken === undefined ? "" : "...";
    const optional = questionToken ?? initializer ? "?" : "";
    const left = `${rest}${ts.isIdentifier(name) ? name.text : "{…}"}${optional}`;
    return { left, full: type === undefined ? left : `${left}: ${type.getText()}` };
  });
  return within([
    `${before}(${named.map(({ full }) => full).join(", ")})${returned}`,
    `${called}(${named.map(({ left }) => left).join(", ")})${returned}`,
  ].map(oneLine));
}

/** The first of some signatures that is short enough. */
const within = (signatures: readonly string[]): string | null =>
  signatures.find(({ length }) => length <= MOST_CHARACTERS) ?? null;

function entryOf({ name, declarations }: PublicSymbol): Entry {
  const [{ location, kind }] = declarations;
  const path = pathOf(location);
  // Of an overloaded function the last declaration is the implementation, which has no comment.
  const documented = declarations.filter(({ jsDoc }) => jsDoc?.doc !== undefined);
  const doc = kind === "namespace"
    ? commentBefore(path, location.line)
    : documented[0]?.jsDoc?.doc ?? "";
  const outside = !location.filename.startsWith(rootUrl.href);
  const signatures = outside
    ? []
    : documented.filter(({ kind }) => kind === "function" || kind === "variable")
      .map(({ location }) => signatureOf(name, path, location.line))
      .filter((signature) => signature !== null);
  const words = new Set(declarations.map(({ kind }) => kinds[kind] ?? kind));
  const internal = declarations.some(({ jsDoc }) =>
    jsDoc?.tags?.some(({ kind }) => kind === "internal")
  );
  return {
    name,
    kind: [...words].join(" and "),
    path,
    summary: sentence(doc),
    signatures,
    behind: internal,
  };
}

/** By code unit, so that the order is that of no locale. */
const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

const lineOf = ({ name, kind, summary, signatures }: Entry): string =>
  [`- **${name}** (${kind}): ${summary}`, ...signatures.map((text) => `  \`${text}\``)].join("\n");

function sectionText(heading: string, entries: readonly Entry[]): string {
  const byPath = Map.groupBy(entries, ({ path }) => path);
  const files = [...byPath].sort(([a], [b]) => compare(a, b)).map(([path, inFile]) => {
    const lines = inFile.toSorted((a, b) => compare(a.name, b.name)).map(lineOf);
    return `### ${path}\n\n${lines.join("\n")}\n`;
  });
  return [`## ${heading}\n`, ...files].join("\n");
}

const layerText = (layer: string, what: string, entries: readonly Entry[]): string =>
  sectionText(
    `${layer}: ${what}`,
    entries.filter(({ path, behind }) => !behind && path.startsWith(`${layer}/`)),
  );

const behindText = (entries: readonly Entry[]): string =>
  sectionText(
    "The types behind the types\n\nOnly signatures mention these; any version may rename them.",
    entries.filter(({ behind }) => behind),
  );

// One symbol, one line: a diff then names what has changed.
const listText = (entries: readonly Entry[]): string =>
  [
    "<!-- deno-fmt-ignore-file -->\n",
    "# The public API\n",
    "What `mod.ts` exports, by the file that defines it. Written by `deno task api`; do not edit.\n",
    ...Object.entries(layers).map(([layer, what]) => layerText(layer, what, entries)),
    behindText(entries),
  ].join("\n");

/** The lines that one text has and the other has not. */
function difference(before: string, after: string): readonly string[] {
  const [old, now] = [before, after].map((text) => new Set(text.split("\n")));
  return [
    ...[...old.difference(now)].map((line) => `- ${line}`),
    ...[...now.difference(old)].map((line) => `+ ${line}`),
  ];
}

const entries = (await publicSymbols()).map(entryOf);
const faults = entries.filter(({ summary }) => summary === "")
  .map(({ path, name }) => `${path}: ${name} has no summary, a first sentence that ends in "."`);
const lost = entries.filter(({ path }) => !Object.hasOwn(layers, path.split("/")[0]));
faults.push(...lost.map(({ path, name }) => `${path}: ${name} is in no layer`));

const text = listText(entries);
if (Deno.args.includes("--check")) {
  const committed = await Deno.readTextFile(listUrl).catch(() => "");
  if (committed !== text) {
    const lines = difference(committed, text);
    for (const line of lines.slice(0, 20)) console.error(line);
    if (lines.length > 20) console.error(`… and ${lines.length - 20} lines more`);
    faults.push(
      "the public API has changed: run deno task api, look at the diff, add a line to CHANGELOG.md",
    );
  }
} else await Deno.writeTextFile(listUrl, text);

for (const fault of faults) console.error(fault);
console.log(`${entries.length} public symbols, ${faults.length} faults`);
Deno.exit(faults.length === 0 ? 0 : 1);
