import process from "node:process";
import { assert, assertEquals } from "../assert.ts";
import { closest, unknownName } from "../../graph/closest.ts";
import { describe } from "../../graph/error.ts";

Deno.test("closest: a letter too few, too many, exchanged, or in another case", () => {
  const known = ["loss", "accuracy", "active_mean", "MNIST"];
  const found = ["los", "accurracy", "activemaen", "mnist", "Accuracy", "loss"]
    .map((name) => closest(name, known));
  assertEquals(found, ["loss", "accuracy", "active_mean", "MNIST", "accuracy", "loss"]);
});

Deno.test("closest: nothing where nothing is near, of short names too", () => {
  assertEquals(closest("temperature", ["loss", "accuracy"]), null);
  assertEquals(closest("xy", ["ab", "cd"]), null);
  assertEquals(closest("accuracy", []), null);
  assertEquals(closest("", ["loss"]), null);
});

Deno.test("closest: of names equally near the first", () => {
  assertEquals(closest("cat", ["bat", "car"]), "bat");
});

Deno.test("unknownName: the known names, and the nearest only where there is one", () => {
  const { nearest } = unknownName("name", "acuracy", ["loss", "accuracy"]);
  assertEquals(nearest, "accuracy");
  assertEquals(
    describe(unknownName("name", "zzz", ["loss", "accuracy"])),
    'Cannot use name: expected one of loss, accuracy, current value is "zzz"',
  );
  assertEquals(
    describe(unknownName("name", "zzz", [])),
    'Cannot use name: expected no name, current value is "zzz"',
  );
});

Deno.test("closest: a name of megabytes, and 200,000 names, take no second", () => {
  const begun = process.threadCpuUsage();
  assertEquals(closest("a".repeat(1e6), ["loss", "accuracy"]), null);
  assertEquals(closest("loss", ["a".repeat(1e6), "lost"]), "lost");
  assertEquals(closest("name7", Array.from({ length: 2e5 }, (_, i) => `n${i}`)), null);
  const { user } = process.threadCpuUsage(begun);
  assert(user < 1e6, `${user} µs`);
});
