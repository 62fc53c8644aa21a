/**
 * Bundles the page's script, `client/main.ts`, with Observable Plot into `client/bundle.js`.
 *
 *     deno task dashboard           writes it
 *     deno task dashboard --check   fails where it is not what the sources make
 *
 * @module
 */
const folder = new URL("./client/", import.meta.url);
const target = new URL("bundle.js", folder);

/** The script as `deno bundle` makes it. */
async function bundle(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--minify",
      "--platform=browser",
      // In a browser the report's figures are drawn into the browser's own document.
      `--import-map=${new URL("import_map.json", folder).pathname}`,
      new URL("main.ts", folder).pathname,
    ],
    // Where the lock file is, that says which version of each package is bundled.
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const made = await bundle();
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(target, made);
  } else if (await Deno.readTextFile(target) !== made) {
    console.error(
      "pipelines/dashboard/client/bundle.js is not what its sources make: deno task dashboard",
    );
    Deno.exit(1);
  }
}
