"""Writes the files beside this one: `python make.py`, with numpy 2.4.6 and pyarrow 25.0.1."""
import numpy as np, pyarrow as pa, pyarrow.feather as ft, pyarrow.parquet as pq

rows = 12
x = np.random.default_rng(1).standard_normal((rows, 4)).astype("f4")
x[:, 3] = np.arange(rows) % 3  # Values that are there again, so that dictionaries have fewer.
ids, labels = [f"id{i}" for i in range(rows)], pa.array(range(rows), pa.int64())
lists, fixed = pa.list_(pa.float32()), pa.list_(pa.float32(), 4)
half = x.astype("f2")


def table(vectors, type):
    return pa.table({"id": ids, "label": labels, "embedding": pa.array(list(vectors), type)})


scalars = pa.table({"id": pa.array(ids).dictionary_encode(), **{f"x{i}": x[:, i] for i in range(4)}})


def broken(how):
    v = [[float(value) for value in row] for row in x]
    if how == "null_row": v[7] = None
    if how == "null_value": v[7][2] = None
    if how == "short": v[7] = v[7][:3]
    if how == "long": v[7] = v[7] + [1.0]
    if how == "long_last": v[-1] = v[-1] + [1.0]
    if how == "nan": v[7][2] = float("nan")
    return v


np.save("f4.npy", x)
np.save("f2.npy", half)
np.save("f8.npy", x.astype("f8"))
np.save("i1.npy", np.arange(rows * 4, dtype="i1").reshape(rows, 2, 2))
np.save("fortran.npy", np.asfortranarray(x))
np.save("big_endian.npy", x.astype(">f4"))
np.save("labels.npy", np.arange(rows) % 3)
np.savez("plain.npz", x=x, label=np.arange(rows))
np.savez_compressed("packed.npz", x=x, label=np.arange(rows))
np.savez("two.npz", x=x, y=half)

for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
    pq.write_table(table(x, lists), f"{codec}.parquet", compression=codec, row_group_size=5)
pq.write_table(table(x, fixed), "fixed.parquet")
pq.write_table(table(x.astype("f8"), pa.list_(pa.float64())), "v2.parquet", data_page_version="2.0", compression="zstd")
pq.write_table(table(half, pa.list_(pa.float16())), "half.parquet")
pq.write_table(
    table(x, lists), "split.parquet", use_dictionary=False,
    column_encoding={"embedding.list.element": "BYTE_STREAM_SPLIT", "id": "DELTA_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED"},
)
pq.write_table(table(x, lists), "pages.parquet", data_page_size=64, write_batch_size=4, use_dictionary=False)
pq.write_table(scalars, "scalars.parquet", row_group_size=5)

for codec in ["uncompressed", "lz4", "zstd"]:
    ft.write_feather(table(x, lists), f"{codec}.arrow", compression=codec, chunksize=5)
ft.write_feather(table(x, fixed), "fixed.arrow", compression="lz4")
ft.write_feather(table(half, pa.large_list(pa.float16())), "half.arrow", compression="uncompressed")
ft.write_feather(scalars, "scalars.arrow", compression="lz4")
with pa.ipc.new_stream("stream.arrows", table(x, lists).schema) as writer:
    writer.write_table(table(x, lists), max_chunksize=5)

for how in ["null_row", "null_value", "short", "long", "long_last", "nan"]:
    pq.write_table(table(broken(how), lists), f"{how}.parquet")
    ft.write_feather(table(broken(how), lists), f"{how}.arrow", compression="uncompressed")
