import { assertEquals } from "./assert.ts";
import { parseTable } from "./coverage.ts";

Deno.test("the table of deno coverage is read, heading and rule left out", () => {
  const table = `| File | Branch % | Function % | Line % |
| ---- | -------- | ---------- | ------ |
| a.ts |    83.3  |       21.4 |   24.7 |
| All files | 100.0 | 50.0 | 99.9 |
`;
  assertEquals(parseTable(table), [
    { file: "a.ts", branches: 83.3, functions: 21.4, lines: 24.7 },
    { file: "All files", branches: 100, functions: 50, lines: 99.9 },
  ]);
});
