import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { publishedCifar10, unpack } from "../../../pipelines/data/cifar10.ts";
import { readTar } from "../../../pipelines/data/tar.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";
import { gzip } from "./fake.ts";

/** An entry as tar writes it, and as nobody should. */
interface Entry {
  readonly name: string;
  readonly data?: Uint8Array;
  /** Type of the entry; "0" for a file. */
  readonly type?: string;
  /** The size field's own text. */
  readonly size?: string;
  readonly link?: string;
  readonly prefix?: string;
  /** Magic of the header: "ustar\0" or, as GNU's tar writes it, "ustar ". */
  readonly magic?: string;
  readonly checksum?: string;
}

function headerOf(
  { name, data, type = "0", size, link = "", prefix = "", magic = "ustar\0", checksum }: Entry,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, "0000644\0");
  put(124, size ?? `${(data?.length ?? 0).toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, " ".repeat(8));
  put(156, type);
  put(157, link);
  put(257, magic);
  put(345, prefix);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

function tarOf(...entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap((entry) => {
    const { data = new Uint8Array(0) } = entry;
    const padded = new Uint8Array(Math.ceil(data.length / 512) * 512);
    padded.set(data);
    return [...headerOf(entry), ...padded];
  });
  return Uint8Array.from([...blocks, ...new Uint8Array(1024)]);
}

const data = Uint8Array.from({ length: 700 }, (_, i) => i);
const reason = (bytes: Uint8Array): string => describe(left(readTar("a.tar", bytes)));

Deno.test("files are read, folders and attributes are left out", () => {
  const archive = tarOf(
    { name: "batches/", type: "5" },
    { name: "x", type: "x", data: new TextEncoder().encode("20 path=../../evil\n") },
    { name: "./batches/one.bin", data },
    { name: "two.bin", prefix: "batches", data: data.subarray(0, 512) },
    { name: "batches/empty", magic: "ustar  ", prefix: "not a name" },
  );
  assertEquals(
    [...right(readTar("a.tar", archive))],
    [["batches/one.bin", data], ["batches/two.bin", data.subarray(0, 512)], [
      "batches/empty",
      new Uint8Array(0),
    ]],
  );
});

Deno.test("what the machine's own tar writes is read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/in/side`, { recursive: true });
    await Deno.writeFile(`${folder}/in/side/data.bin`, data);
    for (const format of ["gnu", "ustar", "pax"]) {
      const args = ["-C", folder, `--format=${format}`, "-cf", `${folder}/${format}.tar`, "in"];
      const { success } = await new Deno.Command("tar", { args }).output();
      assert(success);
      const files = right(readTar("own", await Deno.readFile(`${folder}/${format}.tar`)));
      assertEquals([...files], [["in/side/data.bin", data]]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("names that lead out of the folder are refused", () => {
  const names = [
    "/etc/passwd",
    "../evil",
    "a/../../evil",
    "a\\..\\evil",
    "C:\\evil",
    "\\\\host\\x",
  ];
  for (const name of names) {
    const words = reason(tarOf({ name, data }));
    assertStringIncludes(words, "expected names inside the archive's folder, current value is ");
    assertStringIncludes(words, JSON.stringify(name));
  }
  assertStringIncludes(reason(tarOf({ name: "evil", prefix: "../..", data })), '"../../evil"');
  assertStringIncludes(reason(tarOf({ name: "..", type: "5" })), "which leads out of it");
  assertStringIncludes(reason(tarOf({ name: "", data })), "which is empty");
});

Deno.test("links and devices are refused", () => {
  for (const type of ["1", "2"]) {
    assertStringIncludes(
      reason(tarOf({ name: "a", type, link: "/etc/passwd" })),
      'expected files and folders, current value is "a", a link',
    );
  }
  for (const type of ["3", "4", "6", "7", "L", "S", "?"]) {
    assertStringIncludes(reason(tarOf({ name: "a", type })), `of the type "${type}"`);
  }
});

Deno.test("sizes that are not there, and headers that are damaged, are refused", () => {
  const sizes = ["77777777777\0", "-0000001000\0", "0000000010x\0", "\x80\0\0\0\x7f\0\0\0\0\0\0"];
  for (const size of sizes) {
    assertStringIncludes(reason(tarOf({ name: "a", size, data })), 'expected "a" to have at most');
  }
  assertStringIncludes(
    reason(tarOf({ name: "a", data, checksum: "000001\0 " })),
    "expected a header with the checksum",
  );
  const whole = tarOf({ name: "a", data });
  for (const length of [0, 511, 512, 513, whole.length - 1024]) {
    assert(E.isLeft(readTar("a.tar", whole.subarray(0, length))), `${length} bytes`);
  }
  assertStringIncludes(
    reason(tarOf({ name: "a", data }, { name: "a", data })),
    'expected one file "a", current value is two',
  );
  const many = Array.from({ length: 1001 }, (_, i) => ({ name: String(i) }));
  assertStringIncludes(reason(tarOf(...many)), "expected at most 1000 files");
});

Deno.test("an archive that unpacks to more than ten times its size is refused in time", async () => {
  const { inside } = publishedCifar10;
  const zeros = new Uint8Array(64 * 1024 * 1024);
  const header = headerOf({ name: `${inside}/test_batch.bin`, data: zeros });
  const bomb = await gzip(new Uint8Array(await new Blob([header, zeros]).arrayBuffer()));
  assert(bomb.length < 200_000);
  const { external } = Deno.memoryUsage();
  const words = describe(left(await unpack(publishedCifar10, bomb)()));
  assertStringIncludes(words, "bytes of uncompressed content, current value is larger");
  assertStringIncludes(words, `expected at most ${Math.max(1_048_576, 10 * bomb.length)} bytes`);
  assert(Deno.memoryUsage().external - external < 16e6);
});

Deno.test("a good archive gives the files of its folder, and no others", async () => {
  const { inside } = publishedCifar10;
  const archive = tarOf(
    { name: `${inside}/test_batch.bin`, data },
    { name: "elsewhere/test_batch.bin", data },
    { name: `${inside}-2/test_batch.bin`, data },
  );
  const files = right(await unpack(publishedCifar10, await gzip(archive))());
  assertEquals([...files], [["test_batch.bin", data]]);
});
