import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { assertEquals } from "../../assert.ts";

const { variable, permitted } = denoDataEnv;

Deno.test({
  name: "a variable that is not set, empty or not permitted is undefined",
  permissions: { env: ["SPARROW_DATA", "XDG_CACHE_HOME"] },
  fn: () => {
    const before = Deno.env.get("SPARROW_DATA");
    try {
      Deno.env.set("SPARROW_DATA", "/data");
      assertEquals(variable("SPARROW_DATA"), "/data");
      Deno.env.set("SPARROW_DATA", "");
      assertEquals(variable("SPARROW_DATA"), undefined);
      Deno.env.delete("SPARROW_DATA");
      assertEquals(variable("SPARROW_DATA"), undefined);
      assertEquals(variable("HOME"), undefined);
    } finally {
      if (before !== undefined) Deno.env.set("SPARROW_DATA", before);
    }
  },
});

Deno.test({
  name: "permissions are those that Deno was given",
  permissions: { read: ["./runs"], write: false },
  fn: async () => {
    assertEquals(await permitted("read", "./runs/.cache/mnist", false), true);
    assertEquals(await permitted("read", "/elsewhere", false), false);
    assertEquals(await permitted("write", "./runs/.cache/mnist", false), false);
  },
});
