/**
 * Many tasks on several processes or machines, each done once.
 *
 * @module
 */
export {
  type Distribute,
  distribute,
  type DistributeOptions,
  type Distribution,
  type Engine,
  local,
  type LocalOptions,
  type Outputs,
  postgres,
  type PostgresOptions,
  type TaskOutput,
} from "./distribute.ts";
export {
  canonical,
  codeVersion,
  type Identity,
  type Json,
  keyOf,
  type Task,
  type TaskContext,
} from "./task.ts";
