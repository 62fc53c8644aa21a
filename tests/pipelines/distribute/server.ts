/**
 * A PostgreSQL server of Debian's, with a folder of its own, for as long as a test wants it.
 *
 * @module
 */

/** The folder of the server's programs; null where there is none. */
const bin = await found();

async function found(): Promise<string | null> {
  const all = "/usr/lib/postgresql";
  const versions = await Array.fromAsync(Deno.readDir(all)).catch(() => []);
  const newest = versions.map(({ name }) => Number(name)).filter(Number.isFinite)
    .sort((a, b) => b - a)[0];
  return newest === undefined ? null : `${all}/${newest}/bin`;
}

/**
 * A test with a server. Where Debian's postgresql is not installed, it is shown as ignored, with the package in its
 * name; in CI it runs and fails.
 */
export function postgresTest(
  name: string,
  fn: (t: Deno.TestContext, url: string) => Promise<void>,
) {
  Deno.test({
    name: bin === null ? `${name} (no PostgreSQL: apt install postgresql)` : name,
    ignore: bin === null && Deno.env.get("CI") !== "true",
    fn: async (t) => {
      const server = await startServer();
      try {
        await fn(t, server.url);
      } finally {
        await server.stop();
      }
    },
  });
}

/** A server that runs. */
interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startServer(): Promise<Server> {
  if (bin === null) throw new Error("PostgreSQL is missing: apt install postgresql");
  // It refuses to be run by root; Debian's package has made a user for it.
  const uid = Deno.uid() === 0 ? Number(await output("id", "-u", "postgres")) : undefined;
  const folder = await Deno.makeTempDir({ prefix: "sparrow-postgres-" });
  if (uid !== undefined) await Deno.chown(folder, uid, null);
  const data = `${folder}/data`;
  const run = (program: string, ...args: readonly string[]) =>
    new Deno.Command(`${bin}/${program}`, {
      args: [...args],
      uid,
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
  const made = await run(
    "initdb",
    ...["-D", data, "-A", "trust", "-U", "sparrow", "--no-sync", "--no-instructions"],
    "--locale=C.UTF-8",
  ).output();
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const settings = ["listen_addresses=127.0.0.1", "fsync=off", `unix_socket_directories=${folder}`];
  const child = run(
    "postgres",
    ...["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
  ).spawn();
  let said = "";
  const ready = Promise.withResolvers<void>();
  const listening = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.includes("ready to accept connections")) ready.resolve();
    }
    ready.reject(new Error(said));
  })();
  await ready.promise;
  return {
    url: `postgres://sparrow@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.kill("SIGINT");
      await child.status;
      await listening;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function output(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: [...args] }).output();
  return new TextDecoder().decode(stdout).trim();
}
