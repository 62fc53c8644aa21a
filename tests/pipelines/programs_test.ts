import { show } from "../../graph/show.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { newest, type Row } from "../../pipelines/core/history.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import {
  assertEquals,
  assertFalse,
  assertGreater,
  assertMatch,
  assertStringIncludes,
} from "../assert.ts";
import { shared, sharedTest } from "../shared.ts";
import { plain, png } from "./data/image_files.ts";
import { deno, root, start, withFolder } from "./process.ts";
import { right } from "./tiny.ts";

const run = (name: string, ...options: readonly string[]) =>
  deno("run", "-P", `pipelines/${name}.ts`, ...options);

const short = ["--backend", "wasm", "--epochs", "1", "--seed", "26"];

const FILES = [
  "checkpoints",
  "config.json",
  "figures",
  "metrics.jsonl",
  "model.safetensors",
  "report.html",
];

const entries = (folder: string): readonly string[] =>
  Array.from(Deno.readDirSync(`${root}${folder}`), ({ name }) => name).sort();

const rows = (folder: string): readonly Row[] =>
  Deno.readTextFileSync(`${root}${folder}/metrics.jsonl`).trim().split("\n")
    .map((line) => JSON.parse(line));

const read = (folder: string, name: string) =>
  JSON.parse(Deno.readTextFileSync(`${root}${folder}/${name}`));

const isThere = (folder: string): Promise<boolean> =>
  Deno.stat(`${root}${folder}`).then(() => true, () => false);

/** Returns the printed text without the line of an epoch that takes more than ten seconds, as on a busy machine. */
const withoutEstimate = (out: string): string =>
  out.replaceAll(/^epoch \d+\/\d+: \d+ of \d+ steps are done, about .* left\n/gm, "");

/** Expected output of a program after an epoch on the built-in digits. */
interface Program {
  readonly name: string;
  readonly options?: readonly string[];
  /** All its flags besides the common ones, as the help shows them. */
  readonly flags: readonly string[];
  /** Number of epochs of training. @default 1 */
  readonly epochs?: number;
  /** Text of the model as it is saved. */
  readonly model: string;
  /** Text of the bits of a code in the line of the last epoch. @default none */
  readonly bits?: string;
  /** The lines before those on time and files, by what was measured on the test set. */
  readonly results?: (measured: (name: string) => number) => readonly string[];
  /** Accuracy that must be exceeded. A guess reaches 0.1. */
  readonly accuracy: number;
}

const digits = "--dataset mnist|fashion_mnist|strokes";

const programs: readonly Program[] = [
  {
    name: "mnist_kwta",
    options: ["--loss", "supcon"],
    flags: [digits, "--loss triplet|supcon", "--units N", "--sparsity X"],
    model: "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
    bits: "26",
    accuracy: 0.8,
  },
  {
    name: "mnist_softmax",
    flags: [digits, "--units N"],
    model: "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ relu ▷ linear(512, 10)",
    accuracy: 0.8,
  },
  {
    name: "mnist_autoencoder",
    flags: [digits, "--units N", "--sparsity X"],
    model:
      "dropout(0.25) ▷ drop_connect(linear(784, 256, bias=false), rate=0.25, rescale=false) ▷ " +
      "kwta(0.05) ▷ fanout(identity, dropout(0.25) ▷ linear(256, 784))",
    bits: "13",
    results: (measured) => [
      `Test: ${measured("exact")} images come back exactly, ` +
      `${measured("missed_pixels").toFixed(2)} of 784 pixels are wrong on average at the ` +
      `threshold ${measured("reconstruction_threshold").toFixed(3)}, ` +
      `PSNR ${measured("psnr").toFixed(2)} dB`,
      `Test accuracy ${measured("accuracy").toFixed(4)} by the nearest centroid of the codes`,
    ],
    accuracy: 0.25,
  },
  {
    name: "conv_kwta",
    options: ["--channels", "1", "--units", "32"],
    flags: [
      "--dataset mnist|fashion_mnist|cifar10|strokes|folder",
      "--channels N",
      "--units N",
      "--sparsity X",
      "--shift N",
      "--flip ",
      "--no-labels ",
      "--skip-bad ",
    ],
    model: "reshape([28, 28, 1]) ▷ conv2d(1, 1, 3, bias=false) ▷ batch_norm(1) ▷ relu ▷ " +
      "max_pool2d(3) ▷ flatten ▷ linear(64, 32, bias=false) ▷ kwta(0.05)",
    bits: "2",
    accuracy: 0.5,
    results: (measured) => [
      ...accuracyLine(measured),
      "Mean average precision of training images, searched with test images: " +
      measured("mean_average_precision").toFixed(4),
    ],
  },
  {
    name: "pretrain_then_kwta",
    options: ["--pretrain", "1"],
    flags: [digits, "--pretrain N", "--units N", "--sparsity X"],
    epochs: 2,
    model: "linear(784, 256) ▷ relu ▷ linear(256, 64) ▷ relu ▷ linear(64, 512, bias=false) ▷ " +
      "kwta(0.05)",
    bits: "26",
    accuracy: 0.8,
  },
];

const accuracyLine = (measured: (name: string) => number) => [
  `Test accuracy ${measured("accuracy").toFixed(4)}`,
];

/** The line of an epoch, of what `metrics.jsonl` says of it, but for the speed. */
function epochLine(folder: string, epoch: number, epochs: number, bits?: string): RegExp {
  const number = (name: string, split: Row["split"]) =>
    rows(folder).find((row) => row.epoch === epoch && row.name === name && row.split === split)!
      .value.toFixed(4);
  return new RegExp(
    `^epoch ${epoch}/${epochs}  loss ${number("loss", "train")}  ` +
      `train ${number("accuracy", "train")}  test ${number("accuracy", "test")}  ` +
      `${bits === undefined ? "" : `bits ${bits}  `}\\d+ samples/s$`,
  );
}

for (const { name, options = [], epochs = 1, results = accuracyLine, ...wanted } of programs) {
  Deno.test(`${name}: an epoch on the built-in digits leaves its files and says what came out`, () =>
    withFolder(async (folder) => {
      const dataset = ["--dataset", "strokes"];
      const { code, err, out } = await run(name, ...options, ...dataset, ...short, "--out", folder);
      assertEquals([code, err], [0, ""]);
      assertEquals(entries(folder), FILES);
      const measured = (what: string) =>
        newest(rows(folder), what, "test") ?? newest(rows(folder), what)!;
      const lines = withoutEstimate(out).trimEnd().split("\n");
      assertMatch(lines[0], /^Trains on [\d,]+ pictures of 10 classes, tests with [\d,]+: /);
      assertMatch(lines[epochs], epochLine(folder, epochs, epochs, wanted.bits));
      assertEquals(lines.slice(epochs + 1, -2), results(measured));
      const trained = epochs === 1 ? "1 epoch" : `${epochs} epochs`;
      assertMatch(lines.at(-2)!, new RegExp(`^${trained} on strokes, in \\d+ s on wasm$`));
      assertEquals(
        lines.at(-1),
        `${folder}: model.safetensors, metrics.jsonl, config.json, report.html`,
      );
      assertGreater(measured("accuracy"), wanted.accuracy);

      const model = right(await loadModel(`${root}${folder}/model.safetensors`, denoFiles)());
      assertEquals([show(model.graph), model.epoch, model.dataset], [
        wanted.model,
        epochs,
        "strokes",
      ]);
      const config = read(folder, "config.json");
      assertEquals([config.pipeline, config.options.epochs, config.options.seed], [name, 1, 26]);
      assertEquals(config.dataset.normalisation, model.normalisation);
      assertEquals(
        Deno.readTextFileSync(`${root}${folder}/report.html`).match(/<title>(.*)<\/title>/)?.[1],
        name,
      );
    }));
}

Deno.test("every program's help names its own flags, and another's is wrong usage", async () => {
  const own = programs.flatMap(({ flags }) => flags).filter((flag) =>
    !flag.startsWith("--dataset")
  );
  await Promise.all(programs.map(async ({ name, flags }) => {
    const { code, out, err } = await run(name, "--help");
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, `Usage: deno run -P pipelines/${name}.ts [options]`);
    for (const flag of flags) assertStringIncludes(out, `  ${flag}`);
    for (const flag of own) if (!flags.includes(flag)) assertFalse(out.includes(flag), flag);
    assertStringIncludes(out, "--backend auto|webgpu|wasm|cpu");
    for (const setting of ["--learning-rate X", "--weight-decay X", "--batch N"]) {
      assertStringIncludes(out, `  ${setting} `);
    }
    for (const setting of ["--epochs N", "--seed N", "--validation N|FRACTION"]) {
      assertStringIncludes(out, `  ${setting} `);
    }
  }));
  const wrong = [
    ["mnist_kwta", "--loss", "softmax"],
    ["mnist_softmax", "--dataset", "cifar10"],
    ["mnist_autoencoder", "--pretrain", "1"],
    ["conv_kwta", "--channels", "0"],
    ["conv_kwta", "--shift", "17"],
    ["pretrain_then_kwta", "--pretrain", "0"],
  ];
  await Promise.all(wrong.map(async ([name, ...options]) => {
    const { code, out, err } = await run(name, ...options);
    assertEquals([code, out], [2, ""], options.join(" "));
    assertMatch(err, /^Cannot use --\w+: expected .*, current value is .*\. See --help\n$/);
  }));
});

Deno.test("settings from the command line take the place of the recipe's, and go on with --resume", () =>
  withFolder(async (folder) => {
    const settings = ["--units", "64", "--sparsity", "0.125", "--learning-rate", "0.004"];
    const more = ["--weight-decay", "0", "--batch", "1000", "--validation", "0.25"];
    const common = ["--dataset", "strokes", ...short, "--out", folder];
    const { code, err, out } = await run("mnist_kwta", ...common, ...settings, ...more);
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^Trains on 7,500 pictures of 10 classes, validates with 2,500, tests with 2,000: 8 steps of 1,000 pictures per epoch, 1 epoch, 8 steps in all\n/,
    );
    assertMatch(
      withoutEstimate(out),
      /\nepoch 1\/1 .* validation 0\.\d{4} +test 0\.\d{4} +bits 8 /,
    );
    const config = read(folder, "config.json");
    assertEquals(config.graph, "linear(784, 64) ▷ relu ▷ linear(64, 64) ▷ kwta(0.125)");
    assertEquals([config.optimiser.learningRate.initial, config.optimiser.weightDecay], [0.004, 0]);
    assertEquals(config.settings.batchSize, 1000);
    const { train, validation, test } = config.dataset;
    assertEquals([train, validation, test], [7500, 2500, 2000]);
    const measured = (name: string, split: Row["split"]) => newest(rows(folder), name, split)!;
    assertEquals(newest(rows(folder), "learning_rate"), 0.004);
    assertEquals(rows(folder).at(-1)?.step, 8);
    const accuracies = (["validation", "test"] as const)
      .map((split) => measured("accuracy", split).toFixed(4));
    assertStringIncludes(
      out,
      `\nValidation accuracy ${accuracies[0]}\nTest accuracy ${accuracies[1]}\n`,
    );

    const resumed = await run("mnist_kwta", "--resume", folder, "--epochs", "2");
    assertEquals([resumed.code, resumed.err], [0, ""]);
    assertMatch(
      withoutEstimate(resumed.out),
      /^Goes on after epoch 1 of 2\nTrains on .*\nepoch 2\/2 .* validation 0\./,
    );
    assertEquals(rows(folder).at(-1)?.step, 16);
    const other = await run("mnist_kwta", "--resume", folder, "--learning-rate", "0.002");
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "Cannot use --learning-rate: expected 0.004, as in ");
  }));

/** Gives a folder of images in one folder per class, and removes it afterwards. */
async function withImages(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [label, red] of [["cats", 230], ["dogs", 20]] as const) {
      await Deno.mkdir(`${folder}/${label}`);
      for (let i = 0; i < 8; i++) {
        const pixels = plain(40, 36, [red, 10 * i, 250 - red, 255]);
        await Deno.writeFile(`${folder}/${label}/${i}.png`, png(40, 36, pixels));
      }
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const convolve = (images: string, out: string, ...options: readonly string[]) =>
  run("conv_kwta", "--dataset", "folder", "--data", images, ...short, "--out", out, ...options);

Deno.test("conv_kwta trains on a folder of one's own images, shifted and mirrored", () =>
  withImages((images) =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${images}/notes.txt`, "not an image");
      const options = ["--units", "40", "--shift", "3", "--flip"];
      const { code, err, out } = await convolve(images, folder, ...options);
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out.split("\n")[0], "notes.txt");
      assertEquals(entries(folder), FILES);
      const config = read(folder, "config.json");
      assertEquals([config.dataset.train, config.dataset.test], [12, 4]);
      const augment = { flip: true, crop: 0.5, brightness: 0.3, saturation: 0.3, shift: 3 };
      assertEquals(config.settings.augment, augment);
      assertStringIncludes(
        config.graph,
        "▷ concat ▷ linear(40) ▷ batch_norm(40, affine=false)",
      );
      const model = right(await loadModel(`${root}${folder}/model.safetensors`, denoFiles)());
      assertEquals([model.input, model.normalisation.mean.length], [[48, 48, 3], 3]);
      assertEquals(model.dataset, images.split("/").at(-1));
      assertEquals(newest(rows(folder), "active_max", "test"), 2);

      // A run of Sparrow 0.1, whose batch size was no option and did not follow the number of images.
      const { batch: _, ...old } = config.options;
      const settings = { ...config.settings, batchSize: 256 };
      const before = JSON.stringify({ ...config, options: old, settings });
      await Deno.writeTextFile(`${root}${folder}/config.json`, before);
      const resumed = await run("conv_kwta", "--resume", folder, "--epochs", "2");
      assertEquals([resumed.code, resumed.err], [0, ""]);
      assertEquals(read(folder, "config.json").settings.batchSize, 256);
    })
  ));

Deno.test("a folder of 235 images trains for a thousand steps, which are said before", async () => {
  const images = await Deno.makeTempDir();
  try {
    for (const [label, red] of [["cats", 230], ["dogs", 20]] as const) {
      for (const [part, count] of [["Train", red > 100 ? 117 : 118], ["val", 1]] as const) {
        await Deno.mkdir(`${images}/${part}/${label}`, { recursive: true });
        for (let i = 0; i < count; i++) {
          const pixels = plain(2, 2, [red, 2 * i, 250 - red, 255]);
          await Deno.writeFile(`${images}/${part}/${label}/${i}.png`, png(2, 2, pixels));
        }
      }
    }
    await withFolder(async (folder) => {
      const sizes = ["--channels", "1", "--units", "16", "--sparsity", "0.2", "--backend", "wasm"];
      const data = ["--dataset", "folder", "--data", images];
      const program = ["run", "-P", "pipelines/conv_kwta.ts"];
      const process = start(...program, ...data, ...sizes, "--out", folder);
      await process.until("epoch  10/250");
      process.kill("SIGINT");
      const { code, err, out } = await process.finished;
      assertEquals(code, 130);
      assertStringIncludes(err, "--resume");
      const [notice, planned, first] = withoutEstimate(out).split("\n");
      assertStringIncludes(notice, "The images of the validation folder are the test set");
      assertEquals(
        planned,
        "Trains on 235 pictures of 2 classes, tests with 2: 4 steps of 64 pictures per epoch, " +
          "250 epochs, 1,000 steps in all",
      );
      assertMatch(first, /^epoch {3}5\/250 .* left$/);
      const { options, settings, optimiser } = read(folder, "config.json");
      assertEquals([options.epochs, options.batch, settings.batchSize], [250, null, 64]);
      assertEquals(optimiser.learningRate.epochs, 250);
    });
  } finally {
    await Deno.remove(images, { recursive: true });
  }
});

Deno.test("conv_kwta goes on without bad images where it may, and with the same ones later", () =>
  withImages((images) =>
    withFolder(async (folder) => {
      const bad = `${images}/cats/3.png`;
      const whole = await Deno.readFile(bad);
      await Deno.writeTextFile(bad, "a text");
      const { code, err, out } = await convolve(images, folder, "--skip-bad", "--units", "40");
      assertEquals([code, err], [0, ""]);
      const notice = "15 pictures in 2 classes; passed over: 1 bad picture (cats/3.png)";
      assertEquals(out.split("\n")[0], notice);
      assertStringIncludes(Deno.readTextFileSync(`${root}${folder}/report.html`), notice);
      const { dataset } = read(folder, "config.json");
      assertEquals([dataset.train + dataset.test, dataset.notice], [15, notice]);

      await Deno.writeFile(bad, whole);
      const other = await run("conv_kwta", "--resume", folder, "--epochs", "2");
      assertEquals(other.code, 2);
      assertMatch(
        other.err,
        /^Cannot use --data: expected the files that .*config.json has the hashes of, \d+ to train on and \d to test with \(15 pictures in 2 classes; passed over: 1 bad picture \(cats\/3\.png\)\), current value is .*, 12 to train on and 4 to test with"\n$/,
      );

      await Deno.remove(`${images}/dogs`, { recursive: true });
      const one = await convolve(images, `${folder}/new`, "--skip-bad");
      assertEquals(one.code, 2);
      assertMatch(
        one.err,
        /^Cannot use --data: expected a folder .*, at least two, .* with one class, cats"/,
      );
    })
  ));

Deno.test("conv_kwta learns from views of images of a folder without labels, or where it is to use none", () =>
  withImages((images) =>
    withFolder(async (folder) => {
      const { code, err, out } = await convolve(`${images}/cats`, folder, "--units", "40");
      assertEquals([code, err], [0, ""]);
      assertMatch(out, /^Trains on \d+ pictures without labels/m);
      assertMatch(out, /^epoch 1\/1 +loss \d\.\d{4} +copies found [01]\.\d{4} +bits 2 /m);
      assertMatch(out, /^Changed copies of test images that find their image first: [01]\.\d{4}$/m);
      assertEquals(entries(folder), FILES);
      assertFalse(newest(rows(folder), "copies_found", "test") === null);
      const { settings, graph, loss } = read(folder, "config.json");
      assertEquals([settings.views, loss.name], [2, "pair_contrast"]);
      assertEquals([settings.augment.crop, settings.augment.flip], [0.3, true]);
      assertStringIncludes(
        graph,
        "linear(40, bias=false) ▷ batch_norm(40, affine=false) ▷ kwta(0.05)",
      );
      const labelled = `${folder}/labelled`;
      const other = await convolve(images, labelled, "--units", "40", "--no-labels");
      assertEquals([other.code, other.err], [0, ""]);
      // Labels only measure.
      assertMatch(other.out, /^epoch 1\/1 .* test [01]\.\d{4} +copies found [01]\.\d{4} /m);
      assertEquals(read(labelled, "config.json").loss.name, "pair_contrast");
    })
  ));

Deno.test("images that cannot be used are named in one line, and no folder is left", () =>
  withImages((images) =>
    withFolder(async (folder) => {
      const fails = async (line: string) => {
        const { code, out, err } = await convolve(images, folder);
        assertEquals([code, out], [1, ""]);
        assertEquals(err.split("\n").length, 2, err);
        assertStringIncludes(err, line);
        assertFalse(await isThere(folder), "the folder for the results");
      };
      const whole = await Deno.readFile(`${images}/cats/3.png`);
      await Deno.writeFile(`${images}/cats/3.png`, whole.subarray(0, whole.length / 2));
      await fails(`Cannot use ${images}/cats/3.png: `);
      await Deno.writeTextFile(`${images}/cats/3.png`, "a text");
      await fails(", add --skip-bad to go on without such images");
      await Deno.remove(`${images}/cats/3.png`);
      await Deno.remove(`${images}/dogs`, { recursive: true });
      await Deno.remove(`${images}/cats`, { recursive: true });
      await Deno.mkdir(`${images}/birds`);
      await fails(`${images}: it has no picture, PNG, JPEG, `);
      await Deno.remove(images, { recursive: true });
      await fails(`${images}: there is no such folder`);
      await Deno.mkdir(images);
    })
  ));

sharedTest(
  "conv_kwta trains on colours by channel",
  "cifar10-subset",
  () =>
    withFolder(async (folder) => {
      const data = shared("cifar10-subset").pathname;
      const sizes = ["--channels", "1", "--units", "32"];
      const dataset = ["--dataset", "cifar10", "--data", data];
      const { code, err, out } = await run(
        "conv_kwta",
        ...dataset,
        ...sizes,
        ...short,
        "--out",
        folder,
      );
      assertEquals([code, err], [0, ""]);
      // That these are not CIFAR-10's own files is said first.
      assertMatch(
        withoutEstimate(out),
        /^The files in .* have CIFAR-10's format and are not its own .*\nTrains on .*\nepoch 1\/1 /,
      );
      assertEquals(entries(folder), FILES);
      const model = right(await loadModel(`${root}${folder}/model.safetensors`, denoFiles)());
      assertEquals(
        show(model.graph),
        "conv2d(3, 1, 3, bias=false) ▷ batch_norm(1) ▷ relu ▷ max_pool2d(3) ▷ flatten ▷ " +
          "linear(100, 32, bias=false) ▷ kwta(0.05)",
      );
      assertEquals([model.input, model.dataset], [[32, 32, 3], "cifar10-subset"]);
      assertEquals(model.normalisation.mean.length, 3);
      const rate = newest(rows(folder), "accuracy", "test")!;
      assertGreater(rate, 0.1);
    }),
);
