/**
 * The machine that something was measured on.
 *
 * @module
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { tf } from "../../ops/tfjs.ts";
import { VERSION } from "../../pipelines/core/version.ts";

/** What times depend on besides the code. */
export interface Machine {
  /** The processor's own name for itself. */
  readonly cpu: string;
  /** How many of its cores this process may use. */
  readonly cores: number;
  /** Kernel and instruction set. */
  readonly os: string;
  /** The mean number of processes that wanted to run in the last minute; above 0 at the start: busy. */
  readonly load: number;
  /** Of Sparrow and what it stands on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, now. */
export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  os: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
  load: loadavg()[0],
  versions: {
    sparrow: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    tfjs: tf.version_core,
  },
});

/** In one line. */
export const showMachine = ({ cpu, cores, os, load, versions }: Machine): string =>
  `${cores} cores of ${cpu}, ${os}, load ${load.toFixed(2)}; ` +
  Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
