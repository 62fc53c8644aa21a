"""FAISS, asked by JSON lines on the standard input: see peer.ts. Needs numpy and faiss-cpu."""
import json
import os
import sys
import tempfile
import time

import faiss
import numpy as np

faiss.omp_set_num_threads(1)


def level():
    """The instructions that FAISS has chosen for this processor."""
    try:
        return faiss.SIMDConfig.get_level_name()
    except (AttributeError, TypeError):
        return "options " + faiss.get_compile_options().strip()


class Peer:
    def __init__(self):
        self.indexes = {}

    def load(self, kind, width, base, queries):
        """Rows of float32, or packed codes, the first unit in the lowest bit."""
        self.kind, self.width = kind, width
        dtype, columns = (np.float32, width) if kind == "vectors" else (np.uint8, width // 8)
        self.base, self.queries = (np.fromfile(f, dtype).reshape(-1, columns) for f in (base, queries))
        self.indexes = {}
        return {}

    def build(self, index):
        begun = time.process_time()
        if self.kind == "codes":
            if index == "flat":
                made = faiss.IndexBinaryFlat(self.width)
            else:
                made = faiss.IndexBinaryHNSW(self.width, 32)
                made.hnsw.efConstruction = 200
            made.add(self.base)
            write = faiss.write_index_binary
        else:
            made = faiss.index_factory(self.width, index, faiss.METRIC_INNER_PRODUCT)
            if index.startswith("HNSW"):
                made.hnsw.efConstruction = 200
            if not made.is_trained:
                made.train(self.base)
            made.add(self.base)
            write = faiss.write_index
        seconds = time.process_time() - begun
        self.indexes[index] = made
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "index")
            write(made, path)
            size = os.path.getsize(path)
        return {"seconds": seconds, "bytes": size}

    def tune(self, index, setting):
        made = self.indexes[index]
        if isinstance(made, faiss.IndexRefine):
            made.k_factor = 10
            made = faiss.downcast_index(made.base_index)
        if hasattr(made, "hnsw"):
            made.hnsw.efSearch = setting
        elif hasattr(made, "nprobe"):
            made.nprobe = setting

    def search(self, index, setting, k, out):
        self.tune(index, setting)
        begun = time.process_time()
        _, found = self.indexes[index].search(self.queries, k)
        seconds = time.process_time() - begun
        found.astype(np.int32).tofile(out)
        return {"seconds": seconds}

    def each(self, index, setting, k, many):
        """One query per call."""
        self.tune(index, setting)
        made, times = self.indexes[index], []
        for i in range(many):
            query = self.queries[i:i + 1]
            begun = time.perf_counter()
            made.search(query, k)
            times.append(time.perf_counter() - begun)
        return {"times": times}


peer = Peer()
print(json.dumps({"name": f"FAISS {faiss.__version__} ({level()})"}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = getattr(peer, asked.pop("do"))(**asked)
    except Exception as thrown:  # Whatever it is, the bench names it and goes on.
        answer = {"error": f"{type(thrown).__name__}: {thrown}"}
    print(json.dumps(answer), flush=True)
