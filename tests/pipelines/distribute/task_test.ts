import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { canonical, codeVersion, type Json, keyOf } from "../../../pipelines/distribute/mod.ts";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../../assert.ts";
import { right } from "../tiny.ts";
import { square } from "./tasks.ts";

/** The same value with the keys of all objects in the opposite order. */
const turned = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(turned)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(
      Object.entries(value).reverse().map(([key, inner]) => [key, turned(inner as Json)]),
    )
    : value as Json;

Deno.test("the canonical text of a spec is JSON of the same value, whatever the order of its keys", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    // JSON has no −0.
    const json = JSON.parse(JSON.stringify(value)) as Json;
    const text = canonical(json);
    assertEquals(JSON.parse(text), json);
    assertEquals(canonical(turned(json)), text);
  }));
});

Deno.test("a spec of numbers that JSON cannot write is refused", () => {
  for (const n of [NaN, Infinity]) {
    assertThrows(() => canonical({ n: [n] }), TypeError, "expected finite numbers");
  }
});

Deno.test("a key follows from task, spec, code and backend, and from nothing else", () => {
  const identity = { task: "train", spec: { seed: 1 }, code: "0.2.0", backend: "wasm" };
  const others = [
    { ...identity, task: "encode" },
    { ...identity, spec: { seed: 2 } },
    { ...identity, code: "0.2.1" },
    { ...identity, backend: "cpu" },
  ];
  const keys = [identity, ...others].map(keyOf);
  assertEquals(new Set(keys).size, keys.length);
  assertEquals(keyOf({ ...identity, more: 1 } as typeof identity), keys[0]);
});

Deno.test("the code's version follows the sources and the task's own module", async () => {
  const version = right(await codeVersion(square.module)());
  assert(/^\d+\.\d+\.\d+-[0-9a-f]{12}-deno\d/.test(version), version);
  assertEquals(right(await codeVersion(square.module)()), version);
  assertNotEquals(right(await codeVersion(import.meta.url)()), version);
  const missing = await codeVersion(new URL("nothing.ts", import.meta.url).href)();
  assertEquals(E.isLeft(missing) && missing.left._tag, "FileUnavailable");
});
