/**
 * The tree as a stranger would want it: imports go graph ← ops ← pipelines, nothing public is hidden and nothing
 * hidden is public, no export is without use, no file is longer than one reads, every folder says what lives in it.
 *
 * Part of `deno task check`. The compiler's own parser reads the files; nothing is guessed from text.
 *
 * @module
 */
import ts from "npm:typescript@5.9.3";

/** Lines of a source file; those of a test may be more, for they are lists of cases. */
const MOST_LINES = 300;

/** A layer may import itself and those before it. */
const layers = ["graph", "ops", "pipelines"] as const;

/** Written by a program. */
const made = /\/client\/bundle\.js$|\/simd\/assembly\/|\/simd\/binary\.ts$/;

/** Folders that hold a single file, and why. */
const single: Readonly<Record<string, string>> = {
  "pipelines/cookbook/nodejs": "a program in JavaScript for another runtime",
};

/** A name that a file takes from another; `*` for all of them. */
interface Use {
  readonly from: string;
  readonly name: string;
  /** Whether it is passed on under this name. */
  readonly as: string | null;
}

/** What a file gives and takes. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly exports: ReadonlySet<string>;
  /** Those of them that are types and that the file itself names: what its functions take and give. */
  readonly ownTypes: ReadonlySet<string>;
  readonly uses: readonly Use[];
}

const root = new URL("..", import.meta.url).pathname;

function* filesOf(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesOf(path);
    else if (name.endsWith(".ts") && !made.test(`/${path}`)) yield path;
  }
}

/** A relative specifier as a path from the root; null for a package. */
const target = (path: string, specifier: string): string | null =>
  specifier.startsWith(".") ? new URL(specifier, `file:///${path}`).pathname.slice(1) : null;

function moduleOf(path: string): Module {
  const text = Deno.readTextFileSync(root + path);
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const exports = new Set<string>();
  const uses: Use[] = [];
  const types = new Set<string>();
  const mentions = new Set<string>();
  const use = (specifier: ts.Expression | undefined, name: string, as: string | null = null) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const from = target(path, specifier.text);
    if (from !== null) uses.push({ from, name, as });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { importClause } = node;
      const bindings = importClause?.namedBindings;
      if (importClause === undefined) use(node.moduleSpecifier, "");
      if (importClause?.name !== undefined) use(node.moduleSpecifier, "default");
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) use(node.moduleSpecifier, "*");
      if (bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const { name, propertyName } of bindings.elements) {
          use(node.moduleSpecifier, (propertyName ?? name).text);
        }
      }
    } else if (ts.isExportDeclaration(node)) {
      const { exportClause, moduleSpecifier } = node;
      if (exportClause === undefined) use(moduleSpecifier, "*", "*");
      else if (ts.isNamespaceExport(exportClause)) {
        exports.add(exportClause.name.text);
        use(moduleSpecifier, "*", exportClause.name.text);
      } else {
        for (const { name, propertyName } of exportClause.elements) {
          exports.add(name.text);
          use(moduleSpecifier, (propertyName ?? name).text, name.text);
        }
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      use(node.arguments[0], "*");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      use(node.argument.literal as ts.Expression, node.qualifier?.getText() ?? "*");
    } else if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    ) {
      for (const name of declared(node)) {
        exports.add(name);
        if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) types.add(name);
      }
    } else if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      mentions.add((ts.isTypeReferenceNode(node) ? node.typeName : node.expression).getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const ownTypes = types.intersection(mentions);
  return { path, text, exports, ownTypes, uses };
}

function declared(node: ts.Node): readonly string[] {
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  }
  const { name } = node as ts.NamedDeclaration;
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
}

const namesIn = (name: ts.BindingName): readonly string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => ts.isBindingElement(element) ? namesIn(element.name) : []);

const layerOf = (path: string): number => layers.findIndex((layer) => path.startsWith(`${layer}/`));

const sources = ["mod.ts", ...layers.flatMap((layer) => [...filesOf(layer)])].map(moduleOf);
const tests = [...filesOf("tests")].map(moduleOf);
const byPath = new Map([...sources, ...tests].map((module) => [module.path, module]));

const used = new Set<string>();

/** What the examples in a file's comments import: they are run. */
function* inExamples({ path, text }: Module): Generator<Use> {
  const imports = /^ \* import (?:type )?\{([^}]*)\} from "(\.[^"]*)"/gm;
  for (const [, names, specifier] of text.matchAll(imports)) {
    for (const name of names.split(",")) {
      const from = target(path, specifier);
      if (from !== null) yield { from, name: name.replace(/^\s*(type )?|\s*$/g, ""), as: null };
    }
  }
}

/** Marks a name of a file, and where it comes from if the file only passes it on. */
function mark(path: string, name: string): void {
  const key = `${path} ${name}`;
  if (used.has(key)) return;
  used.add(key);
  const module = byPath.get(path);
  if (module === undefined) return;
  const names = name === "*" ? [...module.exports, "*"] : [name];
  for (const one of names) {
    used.add(`${path} ${one}`);
    for (const { from, name: origin, as } of module.uses) {
      if (as === one || (as === "*" && !module.exports.has(one))) {
        mark(from, as === "*" ? one : origin);
      }
    }
  }
}

/** What is wrong with a folder and those in it, beside their files. */
function* faultsIn(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(root + folder)].filter(({ name }) => !name.startsWith("."));
  const content = entries.filter(({ name }) => name !== "README.md");
  const rooms = content.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  const text = content.length < entries.length
    ? Deno.readTextFileSync(`${root}${folder}/README.md`)
    : null;
  if (text === null && rooms.length < content.length) {
    yield `${folder}/ has no README.md: say what lives there, and what it may import`;
  } else if (text !== null && text.split("\n")[0] !== `# ${folder}/`) {
    yield `${folder}/README.md begins with "${text.split("\n")[0]}"; expected "# ${folder}/"`;
  }
  for (const room of layers.some((layer) => layer === folder) ? rooms : []) {
    if (text?.includes(`\`${room}/\``) === false) {
      yield `${folder}/README.md does not name \`${room}/\``;
    }
  }
  if (content.length === 1 && !(folder in single)) {
    yield `${folder}/ holds ${content[0].name} alone: move it one folder up`;
  } else if (content.length !== 1 && folder in single) {
    yield `${folder}/ holds more than one file: take it off the list of those that may hold one`;
  }
  for (const room of rooms) yield* faultsIn(`${folder}/${room}`);
}

const faults: string[] = layers.flatMap((layer) => [...faultsIn(layer)]);
mark("mod.ts", "*");
// An import map puts it in the place of the other in the browser.
mark("pipelines/dashboard/client/dom.ts", "parseDocument");
for (const module of [...sources, ...tests]) {
  const { path, uses } = module;
  for (const { from, name } of inExamples(module)) mark(from, name);
  for (const { from, name, as } of uses) {
    if (!byPath.has(from) && from.endsWith(".ts") && !made.test(`/${from}`)) {
      faults.push(`${path} imports ${from}, which is not there`);
    }
    if (as === null) mark(from, name);
    const [own, other] = [layerOf(path), layerOf(from)];
    if (own >= 0 && (other > own || (other < 0 && from !== "mod.ts"))) {
      faults.push(`${path} imports ${from}; imports go graph ← ops ← pipelines, and to no test`);
    }
  }
}
for (const { path, text, exports, ownTypes } of sources) {
  const lines = text.split("\n").length - 1;
  if (lines > MOST_LINES) {
    faults.push(
      `${path} has ${lines} lines; at most ${MOST_LINES} are allowed, so split it by what it does`,
    );
  }
  for (const name of exports.difference(ownTypes)) {
    if (!used.has(`${path} ${name}`)) {
      faults.push(`${path} exports ${name}, which nothing uses: take "export" away, or the code`);
    }
  }
}
for (const fault of faults) console.error(fault);
console.log(`${sources.length} files, ${faults.length} faults of layout`);
Deno.exit(faults.length === 0 ? 0 : 1);
