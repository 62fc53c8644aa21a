/**
 * The type declarations of the npm package, made by TypeScript itself.
 *
 * `deno pack` makes some too, but a parameter that is taken apart and has a default, as in
 * `(choice, { threads = 1 }: BackendOptions = {})`, becomes one that no argument fits.
 *
 * @module
 */
import ts from "npm:typescript@5.9.3";

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  strict: true,
  declaration: true,
  // Each file's declarations follow from the file alone, or its exports lack a type.
  isolatedDeclarations: true,
};

/** `./show.ts` is `./show.js` in the package, and `npm:fp-ts@2.16.11/lib/Either.js` is `fp-ts/lib/Either.js`. */
const specifierInPackage = (specifier: string): string =>
  specifier.startsWith(".")
    ? specifier.replace(/\.ts$/, ".js")
    : specifier.replace(/^npm:\/?(@?[^@]+)@[^/]+/, "$1");

/** The declarations of a file, and the files that they take types from. */
export interface Declarations {
  readonly text: string;
  /** Relative, as they stand in the source: `./show.ts`. */
  readonly from: readonly string[];
}

/**
 * The declarations of a source file.
 *
 * @param path For messages.
 * @param text TypeScript.
 * @throws {Error} Where an export lacks a type.
 */
export function declarationsOf(path: string, text: string): Declarations {
  const { outputText, diagnostics } = ts.transpileDeclaration(text, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions,
  });
  const [first] = diagnostics ?? [];
  if (first !== undefined) {
    const line = text.slice(0, first.start).split("\n").length;
    const message = ts.flattenDiagnosticMessageText(first.messageText, " ");
    throw new Error(`Cannot declare ${path}, line ${line}: ${message}`);
  }
  const source = ts.createSourceFile(path, outputText, ts.ScriptTarget.Latest, true);
  const specifiers: ts.StringLiteral[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && isSpecifier(node.parent)) specifiers.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  // A file in JavaScript has no types to declare.
  const from = specifiers.map(({ text }) => text).filter((text) => /^\..*\.ts$/.test(text));
  // From the last to the first, so that places stay what they are.
  const made = specifiers.reverse().reduce(
    (made, literal) =>
      `${made.slice(0, literal.getStart())}${JSON.stringify(specifierInPackage(literal.text))}${
        made.slice(literal.end)
      }`,
    outputText,
  );
  return { text: made, from };
}

const isSpecifier = (parent: ts.Node): boolean =>
  ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) ||
  (ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent));

/**
 * The declarations of all files that those of some files reach.
 *
 * @param root Folder in which the paths begin, with a slash at its end.
 * @param entries Paths of the files to begin with, such as `graph/mod.ts`.
 * @returns The declarations by path: those of the entries and of all that they reach.
 */
export async function declarationsFrom(
  root: string,
  entries: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (made.has(path)) continue;
    const { text, from } = declarationsOf(path, await Deno.readTextFile(root + path));
    made.set(path, text);
    waiting.push(
      ...from.map((specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1)),
    );
  }
  return made;
}
