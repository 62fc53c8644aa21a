import { parseDocument } from "../../pipelines/report/dom.ts";
import { loadCodes, saveCodes } from "../../pipelines/files/codes.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { codesOf } from "../ops/codes/sets.ts";
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "../assert.ts";
import { plain, png } from "./data/image_files.ts";
import { deno, root, withFolder } from "./process.ts";
import { right } from "./tiny.ts";
import { trained } from "./encode/fixture.ts";

const run = (name: string, ...args: readonly string[]) =>
  deno("run", "-P", `pipelines/${name}.ts`, ...args);

const { bytes } = await trained();

/** Gives a folder with a model and images of three greys, one of them no image. */
const withModel = (use: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${root}${folder}/pets/cat`, { recursive: true });
    await Deno.writeFile(`${root}${folder}/model.safetensors`, bytes);
    for (const grey of [40, 200]) {
      const image = png(30, 40, plain(30, 40, [grey, 255 - grey, 0, 255]));
      await Deno.writeFile(`${root}${folder}/pets/cat/${grey}.png`, image);
    }
    await Deno.writeTextFile(`${root}${folder}/pets/cat/bad.png`, "no image");
    await use(folder);
  });

const wasm = ["--backend", "wasm"];
const digits = ["strokes", "--seed", "26"];

Deno.test("encode, then search: a table, JSON, and a contact sheet with its pictures", () =>
  withModel(async (folder) => {
    const model = `${folder}/model.safetensors`;
    const codes = `${folder}/codes.npz`;
    const encode = await run("encode", model, ...digits, "--first", "40", "--out", codes, ...wasm);
    assertEquals([encode.code, encode.err], [0, ""]);
    assertMatch(encode.out, /^40 images, 4\.0 of 64 units set on average, in \S+ s on wasm\n/);
    assertEquals(encode.out.split("\n")[1], codes);
    const { origins, labels } = right(await loadCodes(`${root}${codes}`, denoFiles)());
    assertEquals(origins!.parts, [{
      ...{ kind: "dataset", dataset: "strokes", name: "strokes", data: null },
      ...{ seed: 26, split: "test", from: 0, count: 40 },
    }]);
    assertEquals([labels!.length, origins!.classes.length], [40, 10]);

    const query = [codes, ...digits, "--first", "3", "-k", "2", ...wasm];
    const search = await run("search", ...query, "--out", `${folder}/sheet`, "--show", "2");
    assertEquals([search.code, search.err], [0, ""]);
    const lines = search.out.trimEnd().split("\n");
    assertMatch(lines[0], /^query +label +rank +name +label +distance +overlap$/);
    assertMatch(lines[1], /^strokes test 0 +\d +1 +strokes test \d+ +\d +0 +4$/);
    assertEquals(lines[5], "… and 1 more query: --show, or --json for all");
    assertMatch(
      lines[6],
      /^The nearest has the query's label in [\d.]+ of 3 queries, all results in /,
    );
    assertMatch(
      lines[7],
      /^40 codes searched, \d+ of them distinct; of equal distances the first /,
    );
    assertEquals(lines[8], `${folder}/sheet/search.html`);

    const page = await Deno.readTextFile(`${root}${folder}/sheet/search.html`);
    assertFalse(/NaN|undefined|<script|https?:\/\//.test(page.replaceAll("http://www.w3.org", "")));
    assertStringIncludes(page, "default-src 'none'; img-src data:; style-src 'unsafe-inline'");
    const document = parseDocument(page);
    assertEquals(
      [document.querySelectorAll(".strip"), document.querySelectorAll(".tiles img")].map((found) =>
        [...found].length
      ),
      [2, 4],
    );
    assertEquals([...document.querySelectorAll("h1")][0].textContent, "Nearest codes");
    assertMatch(page, /<img src="data:image\/png;base64,[\w+\/=]+" alt="strokes test 0"/);

    const { code, out } = await run("search", codes, codes, "-k", "1", "--json");
    const { answers } = JSON.parse(out);
    assertEquals([code, answers.length], [0, 40]);
    assert(
      answers.every(({ results: [{ distance }] }: { results: { distance: number }[] }) =>
        distance === 0
      ),
    );
  }));

Deno.test("one's own images: a bad one is an error that names it, or is skipped and named", () =>
  withModel(async (folder) => {
    const model = `${folder}/model.safetensors`;
    const args = [model, `${folder}/pets`, "--invert", "--out", `${folder}/pets.npz`, ...wasm];
    const strict = await run("encode", ...args);
    const wrong =
      `Cannot use ${folder}/pets/cat/bad.png: expected a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF ` +
      "or BMP, current value is 8 bytes that begin with 6e 6f 20 69";
    const hint = ". To use the others, add --skip-bad to go on without such images\n";
    assertEquals([strict.code, strict.out, strict.err], [1, "", wrong + hint]);
    assertFalse(await Deno.stat(`${root}${folder}/pets.npz`).then(() => true, () => false));
    const lenient = await run("encode", ...args, "--skip-bad");
    assertEquals([lenient.code, lenient.err], [0, `Skipped: ${wrong}\n`]);
    assertStringIncludes(lenient.out, "2 images, 4.0 of 64 units");
    assertStringIncludes(lenient.out, "; 1 bad image skipped");
    const again = await run("encode", ...args, "--skip-bad");
    assertStringIncludes(again.out, "\n2 image files: 2 as they were, 0 new, 0 changed, 0 gone\n");
    // A result's picture that is gone is left out, and the page says so.
    await Deno.remove(`${root}${folder}/pets/cat/200.png`);
    const search = await run(
      "search",
      ...[`${folder}/pets.npz`, `${folder}/pets/cat/40.png`, "--invert", "-k", "2", ...wasm],
      ...["--out", `${folder}/sheet`, "--group"],
    );
    assertEquals([search.code, search.err], [0, ""]);
    assertMatch(search.out, /40\.png +– +1 +\S+40\.png \(near-duplicate\) +cat +0 +4\n/);
    assertStringIncludes(
      search.out,
      "near-duplicates are first, and equal distances are ordered by",
    );
    const page = await Deno.readTextFile(`${root}${folder}/sheet/search.html`);
    assertStringIncludes(
      page,
      `1 picture could not be had: Cannot read ${folder}/pets/cat/200.png`,
    );
    assertStringIncludes(page, "no picture");
  }));

Deno.test("search refuses what does not fit, in one line", () =>
  withModel(async (folder) => {
    const [model, codes, narrow] = ["model.safetensors", "codes.npz", "narrow.npz"]
      .map((name) => `${folder}/${name}`);
    const image = `${folder}/pets/cat/40.png`;
    const save = (path: string, width: number, lists: readonly number[][]) =>
      saveCodes(`${root}${path}`, { codes: codesOf(lists, width), labels: null }, denoFiles)();
    right(await save(codes, 64, [[1, 2], [3, 4]]));
    right(await save(narrow, 32, [[1]]));
    right(await save(`${folder}/empty.npz`, 64, []));
    await Deno.writeTextFile(`${root}${folder}/corrupt.npz`, "PK");
    const other = bytes.slice();
    other[other.length - 1] ^= 1;
    await Deno.writeFile(`${root}${folder}/other.safetensors`, other);
    const own = `${folder}/own.npz`;
    assertEquals((await run("encode", model, image, "--out", own, ...wasm)).code, 0);
    const cases = [
      [2, [codes, narrow, "-k", "1"], "expected codes of 64 units, as those that are searched"],
      [
        2,
        [codes, codes, "-k", "3"],
        "Cannot use -k: expected an integer from 1 to the number of codes, 2",
      ],
      [1, [`${folder}/empty.npz`, codes], "empty.npz: expected at least one code"],
      [
        2,
        [codes, `${folder}/empty.npz`, "-k", "1"],
        "Cannot use QUERY: expected at least one code",
      ],
      [1, [`${folder}/corrupt.npz`, codes], "corrupt.npz: this is no .npz file"],
      [1, [`${folder}/none.npz`, codes], "none.npz: there is no such file"],
      [2, [codes, image, "-k", "1"], "Cannot use --model: expected the model that made the codes"],
      [2, [own, image, "-k", "1", "--model", `${folder}/other.safetensors`], "of SHA-256"],
      [1, [own, `${folder}/pets`, "-k", "1"], "bad.png: expected a JPEG, PNG, "],
      [
        1,
        [own, "nowhere.png", "-k", "1"],
        "Cannot read nowhere.png: there is no such file or folder",
      ],
      [2, [codes], "Cannot use the command line: expected CODES QUERY…"],
      [2, [codes, codes, codes], "expected one file of codes, or images"],
      [
        2,
        [codes, codes, "--model", model],
        "Cannot use --model: expected images among the queries",
      ],
      [2, [codes, codes, "-k", "0"], "Cannot use -k: expected an integer from 1 to 1000"],
      [2, [codes, codes, "--nearest"], "Cannot use --nearest"],
      [2, [codes, codes, "-k", "1", "--group"], "expected codes of image files"],
      [2, [codes, codes, "-k", "1", "--distance", "values"], "encode them again"],
    ] as const;
    const refused = async ([code, args, message]: typeof cases[number]) => {
      const result = await run("search", ...args, ...wasm);
      assertEquals([result.code, result.out], [code, ""], args.join(" "));
      assertStringIncludes(result.err, message);
      assertEquals(result.err.trimEnd().split("\n").length, 1, result.err);
    };
    // A few at once: most of the time is that of starting.
    for (let from = 0; from < cases.length; from += 3) {
      await Promise.all(cases.slice(from, from + 3).map(refused));
    }
  }));

Deno.test("recall stores, recalls from half, and writes what came of it", () =>
  withModel(async (folder) => {
    const args = [`${folder}/model.safetensors`, ...digits, "--store", "30", ...wasm];
    const recall = await run("recall", ...args, "--cue", "left", "--out", folder, "--show", "4");
    assertEquals([recall.code, recall.err], [0, ""]);
    assertMatch(recall.out, /^30 codes stored, \d+ of them distinct, of 4 in 64 units: /);
    assertStringIncludes(recall.out, "Each is recalled from its left half:\n");
    const record = JSON.parse(await Deno.readTextFile(`${root}${folder}/recall.json`));
    assertEquals([record.cues.length, record.images.length, record.config.options.keep], [
      30,
      30,
      0.5,
    ]);
    assert(record.fill > 0 && record.fill < record.randomFill);
    const page = await Deno.readTextFile(`${root}${folder}/recall.html`);
    assertFalse(/NaN|undefined|<script/.test(page));
    const document = parseDocument(page);
    assertEquals([...document.querySelectorAll(".strip img")].length, 16);
    assertEquals([...document.querySelectorAll(".counts tr")].length, 5);
    // Saturation, or codes that are too much alike, is never silent.
    assertEquals(record.fault !== null, /saturated|too much alike/.test(recall.out));
    assertEquals(record.fault !== null, page.includes('class="notice"'));

    const many = await run("recall", ...args.slice(0, 4), "--store", "5000", ...wasm);
    assertEquals(many.code, 2);
    assertStringIncludes(
      many.err,
      "Cannot use --store: expected at most the 2000 images there are",
    );
    for (const keep of ["0", "half", "1.5"]) {
      const { code, err } = await run("recall", ...args, "--keep", keep);
      assertEquals(code, 2);
      assertStringIncludes(err, "Cannot use --keep: expected a number above 0 and at most 1");
    }
  }));

Deno.test("each program's help says how to call it; a wrong command line is told apart", async () => {
  for (
    const [name, operands, flag] of [
      ["encode", "MODEL INPUT…", "--skip-bad"],
      ["search", "CODES QUERY…", "--distance hamming|overlap"],
      ["recall", "MODEL [INPUT…]", "--cue top|bottom|left|right|noise"],
    ]
  ) {
    const { code, out, err } = await run(name, "--help");
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, `Usage: deno run -P pipelines/${name}.ts ${operands} [options]`);
    for (const each of [flag, "--backend auto|webgpu|wasm|cpu", "--quiet"]) {
      assertStringIncludes(out, each);
    }
    const bare = await run(name);
    assertEquals([bare.code, bare.out], [2, ""]);
    assertStringIncludes(bare.err, `expected ${operands}, current value is "nothing". See --help`);
  }
  const inverted = await run("encode", "model.safetensors", "mnist", "--invert");
  assertEquals(inverted.code, 2);
  assertStringIncludes(
    inverted.err,
    "Cannot use --invert: expected at least one image file or folder",
  );
});

Deno.test("Ctrl-C ends an encoding, and nothing is written", () =>
  withModel(async (folder) => {
    const images = `${root}${folder}/many`;
    await Deno.mkdir(images);
    // Enough to be decoding for seconds.
    const image = png(1000, 1000, plain(1000, 1000, [9, 9, 9, 255]));
    for (let i = 0; i < 400; i++) await Deno.writeFile(`${images}/${i}.png`, image);
    await Deno.writeTextFile(`${images}/note.txt`, "so that something is said before");
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-P", "pipelines/encode.ts", `${folder}/model.safetensors`, `${folder}/many`],
        ...["--out", `${folder}/many.npz`, ...wasm],
      ],
      cwd: root,
      env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let err = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      // Said after Ctrl-C is listened to, and before the first image is decoded.
      if (!err.includes("passed over") && (err + text).includes("passed over")) {
        child.kill("SIGINT");
      }
      err += text;
    }
    assertEquals((await child.status).code, 130);
    assertStringIncludes(err, "Interrupted. Nothing was written");
    assertFalse(await Deno.stat(`${root}${folder}/many.npz`).then(() => true, () => false));
  }));
