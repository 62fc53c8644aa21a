/**
 * The script of the dashboard's page.
 *
 * @module
 */
/// <reference lib="dom" />
import { configuration } from "../../report/summary.ts";
import type { Scale } from "../../report/axis.ts";
import { html } from "../../report/html.ts";
import type { Update } from "../update.ts";
import { figuresIn } from "./figures.ts";
import { listen } from "./listen.ts";
import { blank, factsOf, growing, heard, partDone, stateOf, type View } from "./view.ts";

/** Milliseconds between two drawings: drawing takes a processor that the training may want. */
const REDRAW = 1000;

const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

const [pause, scale, cursor, progress] = [
  byId<HTMLButtonElement>("pause"),
  byId<HTMLSelectElement>("scale"),
  byId<HTMLInputElement>("cursor"),
  byId<HTMLProgressElement>("progress"),
];

let view: View = blank;
/** The state that is shown while the page is paused; null while it is not. */
let frozen: View | null = null;
/** Whether the cursor stays with the newest epoch. */
let following = true;

/** Writes a text where it differs: a status that is written again would be spoken again. */
function write(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function showState(): void {
  const { name, title, lines } = stateOf(view);
  document.body.dataset.state = name;
  write("state", frozen !== null ? `${title}, shown as it was when paused` : title);
  const ending = html`${lines.map((line) => html`<p>${line}</p>`)}`.markup;
  const element = byId("ending");
  if (element.innerHTML !== ending) element.innerHTML = ending;
}

function showFacts(): void {
  for (const [id, text] of Object.entries(factsOf(view))) write(id, text);
  const part = partDone(view);
  if (part === null) progress.removeAttribute("value");
  else progress.value = part;
  const { about, status } = view;
  write("graph", status?.graph ?? "");
  write("said", status?.said ?? "");
  if (about === null) return;
  write("dataset", `Dataset: ${about.dataset}`);
  write("notice", about.notice ?? "");
  byId("notice").hidden = about.notice === null;
}

const pointedAt = (): number | null => following ? null : Number(cursor.value);

const figures = figuresIn(byId("figures"), (epoch) => point(epoch ?? pointedAt()));

function point(epoch: number | null): void {
  write("at", epoch === null ? "the last epoch" : `epoch ${epoch}`);
  figures.point(epoch);
}

function showFigures(): void {
  const shown = frozen ?? view;
  const measured = { ...shown, growing: growing(shown) };
  figures.show(measured, scale.value as Scale);
  const epochs = measured.growing.map(({ epoch }) => epoch);
  const [first, last] = [epochs[0] ?? 0, epochs.at(-1) ?? 0];
  cursor.disabled = first === last;
  cursor.min = String(first);
  cursor.max = String(last);
  if (following) cursor.value = String(last);
}

let drawn = -Infinity;
let waiting = false;

/** Draws soon: at most once a second, and not in a hidden page. */
function drawSoon(): void {
  if (waiting || frozen !== null || document.hidden) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    drawn = performance.now();
    showFigures();
  }, Math.max(0, drawn + REDRAW - performance.now()));
}

let configured = "";

function showConfiguration(): void {
  const text = JSON.stringify(view.about?.config ?? {});
  if (text === configured) return;
  configured = text;
  byId("configuration").innerHTML = configuration(view.about?.config ?? {})?.markup ?? "";
}

function update(next: View): void {
  view = next;
  showState();
  if (frozen !== null) return;
  showFacts();
  showConfiguration();
  drawSoon();
}

pause.addEventListener("click", () => {
  frozen = frozen === null ? view : null;
  pause.setAttribute("aria-pressed", String(frozen !== null));
  update(view);
  // The figures are as old as a drawing that waits: they stop at what the facts say.
  if (frozen !== null) showFigures();
});
scale.addEventListener("change", showFigures);
cursor.addEventListener("input", () => {
  following = cursor.value === cursor.max;
  point(pointedAt());
});
document.addEventListener("visibilitychange", drawSoon);
new ResizeObserver(drawSoon).observe(byId("figures"));
const first = JSON.parse(byId("first").textContent ?? "null") as Update | null;
if (first !== null) update(heard(blank, first));
listen(() => view, update);
