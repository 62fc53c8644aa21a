/**
 * State of a page and the texts that it shows; needs no browser.
 *
 * @module
 */
import { duration } from "../../cli/text.ts";
import type { RunDescription } from "../../core/env.ts";
import type { History, Row } from "../../core/history.ts";
import type { Model } from "../../report/figures/model_diagram.ts";
import { compact } from "../../report/format.ts";
import {
  type Looks,
  mergeRows,
  noLooks,
  receivedLooks,
  type RunEnd,
  type SentCodes,
  type Status,
  type Update,
} from "../update.ts";

/** The knowledge of a page. */
export interface View {
  /**
   * State of the connection: "open" after the program's first message; "lost" where it does not
   * answer.
   */
  readonly connection: "new" | "open" | "lost";
  readonly run: number;
  readonly history: History;
  readonly about: RunDescription | null;
  readonly model: Model | null;
  readonly classCodes: SentCodes | null;
  readonly looks: Looks;
  readonly status: Status | null;
  readonly end: RunEnd | null;
}

/** View before the program's first message. */
export const blank: View = {
  connection: "new",
  run: -1,
  history: [],
  about: null,
  model: null,
  classCodes: null,
  looks: noLooks,
  status: null,
  end: null,
};

/** Returns the view after a message. */
export function heard(view: View, update: Update): View {
  const { run, status, end } = update;
  const before = update.first ? blank : view;
  return {
    connection: "open",
    run,
    history: mergeRows(before, update),
    about: update.about ?? before.about,
    model: update.model ?? (run === before.run ? before.model : null),
    classCodes: update.classCodes ?? (run === before.run ? before.classCodes : null),
    looks: update.looks !== null
      ? receivedLooks(update.looks)
      : run === before.run
      ? before.looks
      : noLooks,
    status,
    end,
  };
}

/** Whether a message continues the known ones without a gap. */
export const follows = (view: View, { first, run, from }: Update): boolean =>
  first || from === 0 || (run === view.run && from <= view.history.length);

/** Returns the view after the connection broke; a program that has ended may be gone. */
export const unheard = (view: View): View =>
  view.end === null ? { ...view, connection: "lost" } : view;

/** The history with the loss of the epoch under way, so that its figure grows within epochs. */
export function growing({ history, status, end }: View): History {
  const last = history.at(-1);
  if (status === null || status.loss === null || end !== null) return history;
  const { epoch, loss } = status;
  if (epoch <= (last?.epoch ?? 0)) return history;
  const row: Row = { epoch, step: last?.step ?? 0, split: "train", name: "loss", value: loss };
  return [...history, row];
}

/** The state of the run, and the words for it. */
export interface State {
  readonly name: "starting" | "training" | "lost" | RunEnd["how"];
  /** State in a word or two. */
  readonly title: string;
  /** Further lines; nothing while all is well. */
  readonly lines: readonly string[];
}

/** The state of the run. */
export function stateOf({ connection, status, end }: View): State {
  if (end !== null) {
    const title = { finished: "Finished", interrupted: "Interrupted", failed: "Failed" }[end.how];
    return { name: end.how, title, lines: end.lines };
  }
  if (connection === "lost") {
    const lines = [
      "The program does not answer: it was killed, or has crashed. What it had measured is below. " +
      "If it comes back, so does this page.",
    ];
    return { name: "lost", title: "No connection", lines };
  }
  return status === null || status.epoch === 0
    ? { name: "starting", title: "Starting", lines: [] }
    : { name: "training", title: "Training", lines: [] };
}

/** The facts beside the figures, by the ids of their elements. */
export function factsOf({ connection, status, end }: View): Readonly<Record<string, string>> {
  if (status === null) return {};
  const { epoch, epochs, part, seconds, secondsLeft, samplesPerSecond, loss } = status;
  const begun = epoch > 0;
  const over = end !== null || connection === "lost";
  return {
    epoch: !begun ? "–" : `${epoch}${epochs === null ? "" : ` of ${epochs}`}` +
      (part < 1 && end === null ? `, ${Math.floor(100 * part)} %` : ""),
    left: over || secondsLeft === null ? "–" : duration(secondsLeft),
    gone: duration(seconds),
    speed: samplesPerSecond === null ? "–" : compact(samplesPerSecond),
    "loss-now": loss === null ? "–" : compact(loss),
    backend: status.backend ?? "–",
    memory: `${bytes(status.memory)}, of it ${bytes(status.tensors.bytes)} in ` +
      `${status.tensors.count.toLocaleString("en-GB")} tensors`,
  };
}

/** Returns the part of the training that is done, in 0..1; null where its length is unknown. */
export function partDone({ status, end }: View): number | null {
  if (end?.how === "finished") return 1;
  if (status === null || status.epochs === null) return null;
  return Math.max(0, status.epoch - 1 + status.part) / status.epochs;
}

/** A number of bytes: "312 MB". */
function bytes(count: number): string {
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`;
  return count < 1e10 ? `${Math.round(count / 1e6)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}
