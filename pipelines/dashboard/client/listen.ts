/**
 * Connection of the dashboard's pages to the program: one page of a browser listens and passes messages on to the
 * others.
 *
 * A browser keeps at most six connections to a server open, and a stream takes one for as long as it
 * lasts: were every page to have its own, the seventh would not even load. So pages queue for a lock, the
 * one that holds it listens, and what it hears it passes on. When it goes, the next one has the lock.
 *
 * @module
 */
/// <reference lib="dom" />
import { paths, type Update } from "../update.ts";
import { follows, heard, unheard, type View } from "./view.ts";

/** Milliseconds before a connection that the server refused is tried again. */
const RETRY = 3000;

/**
 * Milliseconds after which the other pages no longer wait for one that passes nothing on; there is news every two
 * seconds.
 */
const SILENCE = 10_000;

/** The name of the lock and of the channel. */
const NAME = "sparrow-dashboard";

/** A message from one page to the others. */
type Told =
  | { readonly kind: "update"; readonly update: Update }
  /** The connection is lost. */
  | { readonly kind: "lost" }
  /** Request to the listening page to send everything. */
  | { readonly kind: "ask" }
  | { readonly kind: "all"; readonly view: View };

/**
 * Keeps a page's view as the program says, until the program has ended.
 *
 * @param view The newest.
 * @param show Called with the next view.
 */
export function listen(view: () => View, show: (view: View) => void): void {
  const ended = () => view().end !== null;
  // Pages of an insecure context have no locks; 127.0.0.1 and localhost are secure.
  if (ended()) return;
  if (navigator.locks === undefined) return connect(view, show, () => {}, () => {});

  const channel = new BroadcastChannel(NAME);
  const tell = (told: Told) => channel.postMessage(told);
  let listening = false;
  let heardAt = performance.now();
  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if (listening && data.kind === "ask") return tell({ kind: "all", view: view() });
    if (ended() || data.kind === "ask") return;
    // Who has just begun to listen may find the program gone, and still be told how it ended.
    if (listening && !endsWith(data)) return;
    heardAt = performance.now();
    if (data.kind === "lost") show(unheard(view()));
    else if (data.kind === "all") show(data.view);
    else if (follows(view(), data.update)) show(heard(view(), data.update));
    else tell({ kind: "ask" });
  };
  const take = (): Promise<void> =>
    new Promise((done) => {
      if (listening || ended()) return done();
      listening = true;
      connect(view, show, tell, done);
    });
  navigator.locks.request(NAME, take);
  tell({ kind: "ask" });
  const watch = setInterval(() => {
    if (listening || ended()) clearInterval(watch);
    else if (performance.now() - heardAt > SILENCE) take();
  }, SILENCE / 4);
}

const endsWith = (told: Told): boolean =>
  told.kind === "update" ? told.update.end !== null : told.kind === "all" && told.view.end !== null;

function connect(
  view: () => View,
  show: (view: View) => void,
  tell: (told: Told) => void,
  done: () => void,
): void {
  const source = new EventSource(paths.events);
  source.onmessage = ({ data }) => {
    const update = JSON.parse(data) as Update;
    show(heard(view(), update));
    tell({ kind: "update", update });
    if (update.end === null) return;
    source.close();
    done();
  };
  source.onerror = () => {
    show(unheard(view()));
    tell({ kind: "lost" });
    // The browser itself tries again, unless the server has refused.
    if (source.readyState === EventSource.CLOSED && view().end === null) {
      setTimeout(() => connect(view, show, tell, done), RETRY);
    }
  };
}
