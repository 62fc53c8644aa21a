import fc from "npm:fast-check@4.3.0";
import { idTable } from "../../../ops/codes/id_table.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("a table of ids is a map, whatever is entered and left in whatever order", () => {
  const id = fc.oneof(fc.nat(20), fc.nat(20).map((i) => i * 2 ** 32), fc.maxSafeNat());
  const step = fc.record({ id, leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(10), (steps, room) => {
      const ids = steps.map(({ id }) => id);
      const table = idTable((slot) => ids[slot], room);
      const known = new Map<number, number>();
      steps.forEach(({ id, leaves }, slot) => {
        const there = known.get(id);
        if (leaves && there !== undefined) {
          table.leave(there);
          known.delete(id);
        } else {
          assertEquals(table.enter(slot), there === undefined);
          if (there === undefined) known.set(id, slot);
        }
      });
      for (const id of ids) assertEquals(table.slotOf(id), known.get(id) ?? -1);
      for (const id of [-1, 0.5, NaN, Infinity]) assertEquals(table.slotOf(id), -1);
    }),
    { numRuns: 200 },
  );
});
