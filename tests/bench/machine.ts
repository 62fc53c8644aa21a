/**
 * The machine that something was measured on.
 *
 * @module
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { tf } from "../../ops/tfjs.ts";
import { VERSION } from "../../pipelines/core/version.ts";

/** Description of the machine, on which times depend. */
export interface Machine {
  /** The processor's own name for itself. */
  readonly cpu: string;
  /** Number of the machine's cores that this process may use. */
  readonly cores: number;
  /** Kernel and instruction set. */
  readonly os: string;
  /** The mean number of processes that wanted to run in the last minute; above 0 at the start: busy. */
  readonly load: number;
  /** Versions of Sparrow and of the software under it. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Describes this machine in its present state. */
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

/** Describes the machine in one line. */
export const showMachine = ({ cpu, cores, os, load, versions }: Machine): string =>
  `${cores} cores of ${cpu}, ${os}, load ${load.toFixed(2)}; ` +
  Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
