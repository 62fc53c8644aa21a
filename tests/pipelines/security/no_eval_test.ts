import ts from "npm:typescript@5.9.3";
import { assertEquals } from "../../assert.ts";
import { root } from "../process.ts";

function* filesOf(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
    if (isDirectory) yield* filesOf(`${folder}/${name}`);
    else if (/\.(ts|js)$/.test(name) && name !== "bundle.js") yield `${folder}/${name}`;
  }
}

/** Places where text would become code. */
function codeFromText(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const nameOf = (node: ts.Expression): string | null =>
    ts.isIdentifier(node)
      ? node.text
      : ts.isPropertyAccessExpression(node)
      ? node.name.text
      : ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : ts.isParenthesizedExpression(node)
      ? nameOf(node.expression)
      : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken
      ? nameOf(node.right)
      : null;
  const constants = new Set(
    source.statements.filter(ts.isVariableStatement)
      .filter(({ declarationList }) => (declarationList.flags & ts.NodeFlags.Const) !== 0)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .filter(({ initializer }) => initializer !== undefined && ts.isStringLiteralLike(initializer))
      .map(({ name }) => name.getText()),
  );
  const isKnown = (node: ts.Expression) =>
    ts.isStringLiteralLike(node) || ts.isIdentifier(node) && constants.has(node.text);
  const visit = (node: ts.Node): void => {
    const line = () => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const report = (what: string) => found.push(`${path}:${line()} ${what}`);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = nameOf(node.expression);
      if (name === "eval" || name === "Function") report(name);
      const [first] = node.arguments ?? [];
      if (
        ["setTimeout", "setInterval"].includes(name ?? "") && first !== undefined &&
        ts.isStringLiteralLike(first)
      ) report(`${name} of a text`);
      if (
        node.expression.kind === ts.SyntaxKind.ImportKeyword && !isKnown(first)
      ) report("import of what is computed");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

Deno.test("no source file makes code of text", () => {
  const files = ["graph", "ops", "pipelines"].flatMap((folder) => [...filesOf(folder)]);
  assertEquals(files.length > 200, true);
  const found = files.flatMap((path) => codeFromText(path, Deno.readTextFileSync(root + path)));
  // A worker imports the module of a task, which the process that has started it names: a program of the user's, or
  // a file that the user has named with --tasks. No database and no message from elsewhere names one.
  assertEquals(found.map((place) => place.replace(/:\d+ /, " ")), [
    "pipelines/distribute/worker_process.ts import of what is computed",
  ]);
});

Deno.test("the search finds what it is for", () => {
  const lines = [
    'eval("1")',
    'new Function("return 1")',
    'globalThis["eval"]("1")',
    '(0, globalThis.Function)("1")',
    'Function("1")',
    'setTimeout("1", 2)',
    "import(name)",
    "const known = 'npm:a'; evaluate(1); setTimeout(f, 1); import('./a.ts'); import(known)",
  ];
  const found = codeFromText("a.ts", lines.join(";\n")).map((one) => one.split(" ")[0]);
  assertEquals(found, ["a.ts:1", "a.ts:2", "a.ts:3", "a.ts:4", "a.ts:5", "a.ts:6", "a.ts:7"]);
});
