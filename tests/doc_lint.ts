/**
 * `deno doc --lint` of every entry point, less what it cannot know: it counts types of npm packages, and types that
 * are exported in a namespace, as private, and looks for documentation inside of packages. What remains is printed,
 * and fails.
 *
 * @module
 */

import { entryPoints } from "./api/public_symbols.ts";

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
for (const block of ours) console.error(block.trimEnd() + "\n");
console.log(`${ours.length} documentation errors in this project`);
Deno.exit(ours.length === 0 ? 0 : 1);
