/**
 * Serves the page that draws a digit's code, with an encoder that another program has trained:
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *     deno bundle --platform=browser -o runs/cookbook/page.js pipelines/cookbook/browser/page.ts
 *     deno run -P pipelines/cookbook/browser/serve.ts
 *
 * @module
 */
const folder = Deno.args.find((argument) => !argument.startsWith("-")) ?? "runs/cookbook";
const port = Number(Deno.args.find((argument) => argument.startsWith("--port="))?.slice(7) ?? 7378);

const types = { html: "text/html", js: "text/javascript" } as const;

Deno.serve({
  hostname: "127.0.0.1",
  port,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, async (request) => {
  const name = new URL(request.url).pathname.slice(1) || "index.html";
  const files = ["page.js", "model.safetensors"];
  const bytes = name === "index.html"
    ? await fetch(new URL(name, import.meta.url)).then((response) => response.bytes())
    : files.includes(name)
    ? await Deno.readFile(`${folder}/${name}`).catch(() => null)
    : null;
  if (bytes === null) return new Response(`There is no ${name}`, { status: 404 });
  const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
  return new Response(bytes, { headers: { "content-type": type ?? "application/octet-stream" } });
});
