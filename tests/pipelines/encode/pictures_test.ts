import { describe } from "../../../graph/error.ts";
import { bitmapOf, inverted, layoutOf, toInput } from "../../../pipelines/encode/pictures.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { plain } from "../data/image_files.ts";
import { left, right } from "../tiny.ts";

const grey = { mean: [0.1], std: [0.3] };
const rgb = { mean: [0.1, 0.2, 0.3], std: [1, 1, 1] };

Deno.test("the form of images follows from the input's shape and the normalisation", () => {
  for (
    const [input, normalisation, size, colour] of [
      [[784], grey, [28, 28], "grey"],
      [[3072], grey, [32, 32], "rgb"],
      [[3072], rgb, [32, 32], "rgb"],
      [[20, 30], grey, [20, 30], "grey"],
      [[20, 30, 1], grey, [20, 30], "grey"],
      [[20, 30, 3], rgb, [20, 30], "rgb"],
    ] as const
  ) assertEquals(right(layoutOf(input, normalisation)), { size, colour });
  for (
    const [input, normalisation] of [[[10], grey], [[4, 4, 2], grey], [[28, 28], rgb]] as const
  ) {
    assertStringIncludes(
      describe(left(layoutOf(input, normalisation))),
      `Cannot use the model's input: expected that of an image: [height, width], ` +
        `[height, width, 1 or 3], or a square's [pixels], current value is "[${input.join(", ")}]`,
    );
  }
});

Deno.test("an image of another size and of colours becomes the model's bytes, inverted on demand", () => {
  const red = { width: 60, height: 40, pixels: plain(60, 40, [255, 0, 0, 255]) };
  const layout = { size: [2, 3], colour: "grey" } as const;
  assertEquals([...toInput(red, layout)], Array(6).fill(76));
  assertEquals([...inverted(toInput(red, layout))], Array(6).fill(255 - 76));
});

Deno.test("a dataset's bytes as a bitmap come back as they are", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assertEquals(toInput(bitmapOf(bytes, [2, 3]), { size: [2, 3], colour: "grey" }), bytes);
  assertEquals(toInput(bitmapOf(bytes, [2, 1, 3]), { size: [2, 1], colour: "rgb" }), bytes);
});
