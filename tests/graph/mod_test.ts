import { assertEquals } from "../assert.ts";

Deno.test("graphs load no package but fp-ts, parser-ts and pure-rand", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../graph/mod.ts", import.meta.url).href],
    env: { NO_COLOR: "1" },
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const specifiers: readonly string[] = modules.map((one: { specifier: string }) => one.specifier);
  const packages = new Set(
    specifiers.flatMap((specifier) => /^npm:\/?([^@]+)@/.exec(specifier)?.[1] ?? []),
  );
  assertEquals([...packages].sort(), ["fp-ts", "parser-ts", "pure-rand"]);
  const layers = new Set(
    specifiers.flatMap((specifier) => /\/(graph|ops|pipelines)\//.exec(specifier)?.[1] ?? []),
  );
  assertEquals([...layers], ["graph"]);
});
