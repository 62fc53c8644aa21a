import { lexer, type Token, walkTokens } from "npm:marked@18.2.1";
import { assertEquals, assertGreater } from "./assert.ts";
import { root } from "./pipelines/process.ts";

function* readmes(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
    if (isDirectory && !/^(runs|node_modules|coverage|\..*)$/.test(name)) {
      yield* readmes(`${folder}${name}/`);
    } else if (name.endsWith(".md")) yield folder + name;
  }
}

const tokensOf = (markdown: string): readonly Token[] => {
  const found: Token[] = [];
  walkTokens(lexer(markdown), (token) => void found.push(token));
  return found;
};

/** Returns the anchor of a heading, as GitHub forms it. */
const anchorOf = (heading: string): string =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    tokensOf(Deno.readTextFileSync(root + path)).flatMap((token) =>
      token.type === "heading" ? [anchorOf(token.text)] : []
    ),
  );

/** Lists the targets of the links, pictures and HTML of a file. */
const targetsOf = (markdown: string): readonly string[] =>
  tokensOf(markdown).flatMap((token) =>
    token.type === "link" || token.type === "image"
      ? [token.href as string]
      : token.type === "html"
      ? [...token.text.matchAll(/(?:src|srcset|href)="([^"]*)"/g)].map(([, target]) => target)
      : []
  );

/**
 * Returns the reason why a link of a file leads nowhere; null where it leads somewhere, or out of
 * the project.
 */
function broken(path: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const { pathname, hash } = new URL(target, `file:///${path}`);
  const file = decodeURIComponent(pathname.slice(1));
  try {
    Deno.statSync(root + file);
  } catch {
    return `${path}: ${target} is not there`;
  }
  return hash === "" || anchorsOf(file).has(decodeURIComponent(hash.slice(1)))
    ? null
    : `${path}: ${target} names no heading`;
}

Deno.test("every link within the project leads to a file or a heading that is there", () => {
  const files = [...readmes("")];
  const links = files.flatMap((path) =>
    targetsOf(Deno.readTextFileSync(root + path)).map((target) => ({ path, target }))
  );
  assertGreater(files.length, 30);
  assertGreater(links.filter(({ target }) => !target.startsWith("http")).length, 15);
  assertEquals(links.flatMap(({ path, target }) => broken(path, target) ?? []), []);
});

Deno.test("links that lead nowhere are found", () => {
  const text =
    '# A\n[a](b.md) ![c](d.png) <img src="e.png"> [ok](README.md#results) [f](README.md#g)';
  assertEquals(targetsOf(text).map((target) => broken("x.md", target)), [
    "x.md: b.md is not there",
    "x.md: d.png is not there",
    "x.md: e.png is not there",
    null,
    "x.md: README.md#g names no heading",
  ]);
});
