/**
 * The worker in which estimates are made: some take seconds in one go, in which a signal would wait.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { estimateDirectly, type Task } from "./direct.ts";

self.onmessage = ({ data }: MessageEvent<Task>) => self.postMessage(estimateDirectly(data));
