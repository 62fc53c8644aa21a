/**
 * Checks how the tree is laid out: imports go graph ← ops ← pipelines and never in a circle, every export is
 * used, no file is longer than one reads, the README of a layer names every folder in it, and every test stands
 * at the path of what it tests.
 *
 * Part of `deno task check`. The compiler's own parser reads the files; nothing is guessed from text.
 *
 * @module
 */
import ts from "npm:typescript@5.9.3";
import { entryPoints } from "./api/public_symbols.ts";

/** The most lines of a source file; those of a test may be more, for they are lists of cases. */
const MOST_LINES = 600;

/** A layer may import itself and those before it. */
const layers = ["graph", "ops", "pipelines"] as const;

/** Folders whose tests are about the project from one side rather than about one source file. */
const crossCutting = /^tests\/(?:npm|gpu|pipelines\/(?:cookbook|mutated|security))\//;

/** Tests of this name are about all sources of their folder. */
const ofWholeFolder = /\/(?:browser|degenerate|golden|gradient|programs|training)_test\.ts$/;

/** Written by a program. */
const made = /\/client\/bundle\.js$|\/simd\/assembly\/|\/simd\/binary\.ts$|\/tfjs_wasm\.ts$/;

/** A name that a file takes from another; `*` for all of them. */
interface Use {
  readonly from: string;
  readonly name: string;
  /** Whether it is passed on under this name. */
  readonly as: string | null;
  /** Whether only the compiler sees the import, so that nothing is loaded for it. */
  readonly typeOnly: boolean;
}

/** Exports and imports of a file. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly exports: ReadonlySet<string>;
  /** Exported types that the file itself names: those of its functions' parameters and results. */
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
  const use = (
    specifier: ts.Expression | undefined,
    name: string,
    { as = null, typeOnly = false }: Partial<Pick<Use, "as" | "typeOnly">> = {},
  ) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const from = target(path, specifier.text);
    if (from !== null) uses.push({ from, name, as, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { importClause, moduleSpecifier } = node;
      const bindings = importClause?.namedBindings;
      const typeOnly = importClause?.isTypeOnly ?? false;
      if (importClause === undefined) use(moduleSpecifier, "");
      if (importClause?.name !== undefined) use(moduleSpecifier, "default", { typeOnly });
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
        use(moduleSpecifier, "*", { typeOnly });
      }
      if (bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const { name, propertyName, isTypeOnly } of bindings.elements) {
          use(moduleSpecifier, (propertyName ?? name).text, { typeOnly: typeOnly || isTypeOnly });
        }
      }
    } else if (ts.isExportDeclaration(node)) {
      const { exportClause, moduleSpecifier, isTypeOnly: typeOnly } = node;
      if (exportClause === undefined) use(moduleSpecifier, "*", { as: "*", typeOnly });
      else if (ts.isNamespaceExport(exportClause)) {
        exports.add(exportClause.name.text);
        use(moduleSpecifier, "*", { as: exportClause.name.text, typeOnly });
      } else {
        for (const { name, propertyName, isTypeOnly } of exportClause.elements) {
          exports.add(name.text);
          const options = { as: name.text, typeOnly: typeOnly || isTypeOnly };
          use(moduleSpecifier, (propertyName ?? name).text, options);
        }
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      use(node.arguments[0], "*");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      use(node.argument.literal as ts.Expression, node.qualifier?.getText() ?? "*", {
        typeOnly: true,
      });
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

/** Lists the imports of the examples in a file's comments, which are run. */
function* inExamples({ path, text }: Module): Generator<Use> {
  const imports = /^ \* import (?:type )?\{([^}]*)\} from "(\.[^"]*)"/gm;
  for (const [, names, specifier] of text.matchAll(imports)) {
    for (const name of names.split(",")) {
      const from = target(path, specifier);
      if (from === null) continue;
      yield { from, name: name.replace(/^\s*(type )?|\s*$/g, ""), as: null, typeOnly: false };
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

/** Lists the faults in the README of a folder, if it has one, and in those of its subfolders. */
function* readmeFaults(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(root + folder)];
  const folders = entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  if (entries.some(({ name }) => name === "README.md")) {
    const text = Deno.readTextFileSync(`${root}${folder}/README.md`);
    const [title] = text.split("\n");
    if (title !== `# ${folder}/`) {
      yield `${folder}/README.md begins with "${title}"; expected "# ${folder}/"`;
    }
    for (const name of layers.some((layer) => layer === folder) ? folders : []) {
      if (!text.includes(`\`${name}/\``)) yield `${folder}/README.md does not name \`${name}/\``;
    }
  }
  for (const name of folders) yield* readmeFaults(`${folder}/${name}`);
}

/**
 * Tells whether the path of a test contains the path of its source. `tests/a/x_test.ts` and `tests/a/x_golden_test.ts`
 * test the source `a/x.ts` or the folder `a/x/`, and so does `tests/a/x/golden_test.ts`; a helper of tests,
 * `tests/a/x.ts`, is tested beside it. At the top stand tests of the project as a whole.
 */
function mirrors(test: string): boolean {
  const [, folder, name] = /^tests\/(?:(.*)\/)?(.*)_test\.ts$/.exec(test)!;
  if (folder === undefined || crossCutting.test(test) || ofWholeFolder.test(test)) return true;
  const words = name.split("_");
  return byPath.has(`${folder}.ts`) || words.some((_, i) => {
    const source = `${folder}/${words.slice(0, i + 1).join("_")}`;
    return [`${source}.ts`, `tests/${source}.ts`].some((path) => byPath.has(path)) ||
      sources.some(({ path }) => path.startsWith(`${source}/`));
  });
}

/**
 * A circle of imports that go through a file, as the files in order; null where there is none. Imports of types
 * alone load nothing and close no circle.
 *
 * @param done Files that are known to be on no circle; those that are found are added.
 */
function circleFrom(path: string, way: readonly string[], done: Set<string>): string[] | null {
  if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
  if (done.has(path)) return null;
  const imports = byPath.get(path)?.uses.filter(({ typeOnly }) => !typeOnly) ?? [];
  for (const from of new Set(imports.map(({ from }) => from))) {
    const circle = circleFrom(from, [...way, path], done);
    if (circle !== null) return circle;
  }
  done.add(path);
  return null;
}

/** The first circle that is found from each file, each once. */
function* circles(): Generator<readonly string[]> {
  const done = new Set<string>();
  for (const { path } of sources) {
    const circle = circleFrom(path, [], done);
    if (circle !== null) yield circle;
    for (const one of circle ?? []) done.add(one);
  }
}

const faults: string[] = layers.flatMap((layer) => [...readmeFaults(layer)]);
for (const { path } of entryPoints()) mark(path, "*");
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
for (const circle of circles()) faults.push(`imports go in a circle: ${circle.join(" → ")}`);
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
for (const { path } of tests) {
  if (path.endsWith("_test.ts") && !mirrors(path)) {
    faults.push(
      `${path} mirrors no source: name it after what it tests, such as tests/a/x_test.ts for a/x.ts`,
    );
  }
}
for (const fault of faults) console.error(fault);
console.log(`${sources.length} files, ${faults.length} faults of layout`);
Deno.exit(faults.length === 0 ? 0 : 1);
