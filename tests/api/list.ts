/**
 * Writes the public API into the README of each entry point's folder: every symbol that its `mod.ts` exports,
 * with the first sentence of its documentation and, of a function, the signature where that is short.
 *
 *     deno task api                               writes the lists
 *     deno run -P=test tests/api/list.ts --check  fails where a list is out of date
 *
 * A change of the public API thus shows up in a diff. `deno doc` says what is exported; signatures are read from
 * the sources. The front door, `mod.ts`, has no list of its own: what it exports is in the other lists.
 *
 * @module
 */
import ts from "npm:typescript@5.9.3";
import {
  type Declaration,
  type EntryPoint,
  entryPoints,
  type PublicSymbol,
  publicSymbols,
  root as rootUrl,
} from "./public_symbols.ts";

/** Longest signature that is printed on one line, in characters. */
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

/** The list stands between these two lines of a README; `deno fmt` knows the first only if it says nothing else. */
const [BEGIN, END] = ["<!-- deno-fmt-ignore-start -->", "<!-- deno-fmt-ignore-end -->"];

/** Files of types that only signatures mention, with those of them that a program writes as well. */
const behind: Readonly<Record<string, readonly string[]>> = {
  "graph/types.ts": ["Pair", "Same", "Shape", "Space"],
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

/** Reads the comment before `export * as X from` and `import * as X`, which `deno doc` does not see. */
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
    behind: internal || behind[path]?.includes(name) === false,
  };
}

/** Compares by code unit, so that the order depends on no locale. */
const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

const lineOf = ({ name, kind, summary, signatures }: Entry): string =>
  [`- **${name}** (${kind}): ${summary}`, ...signatures.map((text) => `  \`${text}\``)].join("\n");

const listText = (heading: string, entries: readonly Entry[]): string => {
  const byPath = Map.groupBy(entries, ({ path }) => path);
  const files = [...byPath].sort(([a], [b]) => compare(a, b)).map(([path, inFile]) => {
    const lines = inFile.toSorted((a, b) => compare(a.name, b.name)).map(lineOf);
    return `### ${path}\n\n${lines.join("\n")}\n`;
  });
  return files.length === 0 ? "" : [`## ${heading}\n`, ...files].join("\n");
};

// One symbol, one line: a diff then names what has changed.
const sectionOf = ({ name }: EntryPoint, entries: readonly Entry[]): string =>
  [
    BEGIN,
    "<!-- written by deno task api -->",
    "",
    listText(`Names of \`${name}\``, entries.filter(({ behind }) => !behind)),
    listText(
      "Types that only signatures mention; any version may rename them",
      entries.filter(({ behind }) => behind),
    ),
    END,
  ].join("\n");

/** The text of a README with its list as it should be; a README is begun where none is. */
function withList(readme: string | null, folder: string, section: string): string {
  const text = readme ?? `# ${folder}/\n`;
  const [from, to] = [text.indexOf(BEGIN.replace(" -->", "")), text.indexOf(END)];
  if (from < 0 || to < from) return `${text.trimEnd()}\n\n${section}\n`;
  return text.slice(0, from) + section + text.slice(to + END.length);
}

/** The lines that one text has and the other has not. */
function difference(before: string, after: string): readonly string[] {
  const [old, now] = [before, after].map((text) => new Set(text.split("\n")));
  return [
    ...[...old.difference(now)].map((line) => `- ${line}`),
    ...[...now.difference(old)].map((line) => `+ ${line}`),
  ];
}

const check = Deno.args.includes("--check");
const faults: string[] = [];
const points = entryPoints();
const read = await Promise.all(
  points.map(async ({ path }) => [path, await publicSymbols(path)] as const),
);
const symbols = new Map(read);
const listed = new Set<string>();
for (const point of points.filter(({ name }) => name !== ".")) {
  const entries = symbols.get(point.path)!.map(entryOf);
  for (const { path, name, summary } of entries) {
    listed.add(name);
    if (summary === "") faults.push(`${path}: ${name} has no first sentence that ends in "."`);
  }
  const folder = point.path.replace(/\/mod\.ts$/, "");
  const url = new URL(`${folder}/README.md`, rootUrl);
  const before = await Deno.readTextFile(url).catch(() => null);
  const after = withList(before, folder, sectionOf(point, entries));
  console.log(`${point.name}: ${entries.length} names`);
  if (before === after) continue;
  if (!check) await Deno.writeTextFile(url, after);
  else {
    const lines = difference(before ?? "", after);
    for (const line of lines.slice(0, 20)) console.error(line);
    if (lines.length > 20) console.error(`… and ${lines.length - 20} lines more`);
    faults.push(
      `${folder}/README.md: the public API has changed: run deno task api, look at the diff, add a line to CHANGELOG.md`,
    );
  }
}
const front = symbols.get("mod.ts")!.map(({ name }) => name);
for (const name of front.filter((name) => !listed.has(name))) {
  faults.push(`mod.ts exports ${name}, which no other entry point does`);
}
console.log(`.: ${front.length} names`);
for (const fault of [...new Set(faults)]) console.error(fault);
Deno.exit(faults.length === 0 ? 0 : 1);
