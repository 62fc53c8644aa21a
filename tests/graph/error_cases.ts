/** One error of every kind, each with the text that describes it. */
import { invalidOption, type SparrowError } from "../../graph/error.ts";

type Cases = {
  readonly [K in SparrowError["_tag"]]: readonly [Extract<SparrowError, { _tag: K }>, string];
};

/** One error of every kind, as it is described; a kind that is added does not compile without. */
export const cases: Cases = {
  ShapeMismatch: [
    {
      _tag: "ShapeMismatch",
      node: "linear(65, 10)",
      path: "1.body.0",
      expected: "an input of shape [65]",
      actual: "[64]",
    },
    "Cannot apply linear(65, 10) at position 1.body.0: " +
    "expected an input of shape [65], current value is [64]",
  ],
  ParseError: [
    {
      _tag: "ParseError",
      line: 2,
      column: 8,
      expected: ['","', '")"'],
      frame: "  ▷ kwta(5%)\n         ^",
    },
    'Cannot parse the graph: expected "," or ")" at line 2, column 8\n' +
    "  ▷ kwta(5%)\n         ^",
  ],
  DatasetUnavailable: [
    {
      _tag: "DatasetUnavailable",
      dataset: "MNIST",
      tried: [
        { place: "/data/mnist", reason: "no such folder" },
        { place: "https://example.org/mnist", reason: "the network is unreachable" },
      ],
      advice: "Give its folder with --data DIR",
    },
    "Cannot find MNIST: /data/mnist: no such folder; " +
    "https://example.org/mnist: the network is unreachable. Give its folder with --data DIR",
  ],
  ChecksumMismatch: [
    { _tag: "ChecksumMismatch", file: "train.gz", expected: "aa00", actual: "bb11" },
    "Cannot use train.gz: expected SHA-256 aa00, current value is bb11. " +
    "Delete it and fetch it anew",
  ],
  CorruptFile: [
    { _tag: "CorruptFile", file: "model.json", reason: "expected a node at nodes[0]" },
    "Cannot use model.json: expected a node at nodes[0]",
  ],
  FileUnavailable: [
    {
      _tag: "FileUnavailable",
      operation: "write",
      file: "/etc/run",
      reason: "permission denied",
      advice: "Add --allow-write=/etc",
    },
    "Cannot write /etc/run: permission denied. Add --allow-write=/etc",
  ],
  DatabaseUnavailable: [
    {
      _tag: "DatabaseUnavailable",
      database: "postgres://me@localhost/codes",
      reason: "nobody listens there",
      advice: "Start the server",
    },
    "Cannot use the database postgres://me@localhost/codes: nobody listens there. Start the server",
  ],
  BackendUnavailable: [
    {
      _tag: "BackendUnavailable",
      backend: "webgpu",
      reason: "there is no adapter",
      advice: "Use --backend wasm",
    },
    "Cannot start the webgpu backend: there is no adapter. Use --backend wasm",
  ],
  GpuError: [
    { _tag: "GpuError", reason: "out of memory" },
    "Cannot go on with the GPU: out of memory",
  ],
  NonFinite: [
    {
      _tag: "NonFinite",
      tensor: "0.weight",
      value: NaN,
      epoch: 3,
      step: 17,
      lastGood: "runs/a/model.json",
    },
    "Cannot go on training: 0.weight is NaN in epoch 3, step 17; " +
    "the last good model is runs/a/model.json. A lower learning rate may help",
  ],
  InvalidOption: [
    invalidOption("--epochs", -1, "an integer of at least 1"),
    "Cannot use --epochs: expected an integer of at least 1, current value is -1",
  ],
  Interrupted: [
    { _tag: "Interrupted", epoch: 2, step: 31 },
    "Interrupted in epoch 2 at step 31",
  ],
  ConsumedRun: [
    { _tag: "ConsumedRun", epoch: 2, step: 31 },
    "Cannot use the run of epoch 2, step 31 again: a stage has consumed it, or it was disposed of. " +
    "Use the run that the stage returned, or give the stage a copy, fork(run)",
  ],
  TaskFailed: [
    {
      _tag: "TaskFailed",
      task: "train",
      spec: '{"seed":1}',
      attempts: 4,
      reason: "the worker was ended by SIGKILL",
    },
    'Cannot finish the task train {"seed":1}: 4 attempts failed, the last because: ' +
    "the worker was ended by SIGKILL",
  ],
};
