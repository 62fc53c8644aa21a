/**
 * Script of the page: loads a trained encoder, encodes the drawing, shows the code.
 *
 * @module
 */
/// <reference lib="dom" />
import { show as asText } from "../../../graph/mod.ts";
import * as sparrow from "../../../mod.ts";
import { type BinaryEmbeddings, codeIndex, search, toIndices } from "../../../ops/codes/mod.ts";
import type { BackendChoice } from "../../../ops/mod.ts";
import type { Samples } from "../../data/mod.ts";
import { readModel } from "../../files/mod.ts";
import { digitOf } from "./digit.ts";

const { orThrow } = sparrow;
const at = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const canvas = at<HTMLCanvasElement>("draw");
const pen = canvas.getContext("2d", { willReadFrequently: true })!;

async function start() {
  const choice = new URLSearchParams(location.search).get("backend") ?? "auto";
  const backend = await orThrow(sparrow.startBackend(choice as BackendChoice));
  const bytes = await fetch("model.safetensors").then((response) => response.bytes());
  const model = orThrow(readModel("model.safetensors", bytes));
  // A graph that ends in kWTA makes binary codes.
  const encode = async (images: Samples) =>
    await orThrow(sparrow.encode(model, images)) as BinaryEmbeddings;
  const known = (await orThrow(sparrow.loadStrokes({ seed: 7, train: 1000, test: 10 }))).train;
  const index = codeIndex(await encode(known));
  const where = backend.adapter === null ? backend.name : `${backend.name}, ${backend.adapter}`;
  at("status").textContent = `${asText(model.graph)}, on ${where}`;
  return { encode, known, index, normalisation: model.normalisation };
}

/** Shows why something failed where a person looks, and fails. */
function failed(error: Error): never {
  at("status").textContent = error.message;
  throw error;
}

const { encode, known, index, normalisation } = await start().catch(failed);
const squares = Array.from({ length: index.codes.width }, () => document.createElement("i"));
at("code").replaceChildren(...squares);

async function show(): Promise<void> {
  const pixels = digitOf(canvas);
  const codes = pixels === null ? null : await encode({ count: 1, values: pixels, normalisation });
  const units = codes === null ? [] : [...toIndices(codes)[0]];
  squares.forEach((square, unit) => square.classList.toggle("on", units.includes(unit)));
  at("count").textContent = codes === null
    ? "No code yet"
    : `${units.length} of ${codes.width} bits are set`;
  at("code").dataset.units = units.join(" ");
  at("draw").dataset.pixels = pixels === null ? "" : pixels.join(" ");
  const found = codes === null ? null : orThrow(search(index, codes, { k: 5 }));
  at("nearest").replaceChildren(
    ...[...found?.indices ?? []].map((i, n) => neighbour(i, found!.distances[n])),
  );
}

function neighbour(i: number, distance: number): HTMLElement {
  const item = document.createElement("li");
  const picture = document.createElement("canvas");
  picture.width = picture.height = 28;
  const image = new ImageData(28, 28);
  known.values.subarray(784 * i, 784 * (i + 1)).forEach((byte, p) => {
    image.data.set([byte, byte, byte, 255], 4 * p);
  });
  picture.getContext("2d")!.putImageData(image, 0, 0);
  const label = document.createElement("b");
  label.textContent = String(known.labels[i]);
  item.append(picture, label, ` ${distance} bits`);
  return item;
}

let last: readonly [number, number] | null = null;
let busy = Promise.resolve();

function draw({ clientX, clientY }: PointerEvent): void {
  const { left, top, width } = canvas.getBoundingClientRect();
  const scale = canvas.width / width;
  const next = [(clientX - left) * scale, (clientY - top) * scale] as const;
  pen.lineWidth = 22;
  pen.lineCap = "round";
  pen.strokeStyle = "white";
  pen.beginPath();
  pen.moveTo(...last ?? next);
  pen.lineTo(...next);
  pen.stroke();
  last = next;
  // One after the other: the code on the page is always that of the last drawing.
  busy = busy.then(show).catch(failed);
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  last = null;
  draw(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (event.buttons > 0) draw(event);
});
at("clear").addEventListener("click", () => {
  pen.clearRect(0, 0, canvas.width, canvas.height);
  busy = busy.then(show).catch(failed);
});
document.body.dataset.ready = "true";
