#!/usr/bin/env python3
"""PyTorch beside Sparrow: the same training steps, encoding and search, one JSON object per line.

    python3 torch_gpu.py MNIST [quick]

A step is timed eager as the reference computes it, with the triplets that do not hold masked instead of
taken out, as a CUDA graph, and compiled. Products are in float32 without TF32, as Sparrow's are.
"""
import gzip
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SPARSITY, HARDNESS, MARGIN, ROUNDS = 0.05, 2.0, 0.5, 3
folder, quick = sys.argv[1], sys.argv[2:] == ["quick"]
cuda = torch.cuda.is_available()
device = torch.device("cuda" if cuda else "cpu")


def note(**row):
    print(json.dumps(row), flush=True)


def finish():
    """Waits for the GPU."""
    if cuda:
        torch.cuda.synchronize()


def read_idx(name, header):
    with gzip.open(f"{folder}/{name}.gz") as file:
        values = np.frombuffer(file.read(), np.uint8, offset=header)
    return torch.from_numpy(values.copy()).to(device)


images = read_idx("train-images-idx3-ubyte", 16).reshape(-1, 784).float().div_(255).sub_(0.1307).div_(0.3081)
labels = read_idx("train-labels-idx1-ubyte", 8).long()
if quick:
    images, labels = images[:2000], labels[:2000]


class Kwta(nn.Module):
    """Soft while training, binary when evaluating."""

    def forward(self, x):
        k = min(math.ceil(SPARSITY * x.shape[1]), x.shape[1] - 1)
        threshold = x.topk(k + 1, dim=1).values[:, k - 1 :].mean(dim=1, keepdim=True)
        return torch.sigmoid(HARDNESS * (x - threshold)) if self.training else (x > threshold).float()


def encoder(hidden, units):
    return nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, units), Kwta()).to(device)


def holds(classes, triplets):
    anchor, same, other = triplets
    return (anchor != same) & (classes[anchor] == classes[same]) & (classes[anchor] != classes[other])


def ragged(codes, classes, triplets):
    """The triplet cosine loss of the triplets that hold."""
    anchor, same, other = (part[holds(classes, triplets)] for part in triplets)
    unit = F.normalize(codes, dim=1)
    return F.relu((unit[anchor] * (unit[other] - unit[same])).sum(1) + MARGIN).mean()


def masked(codes, classes, triplets):
    """The same from all cosines at once, with a mask: its shapes do not depend on the labels."""
    anchor, same, other = triplets
    keep = holds(classes, triplets).float()
    unit = F.normalize(codes, dim=1)
    cosines = unit @ unit.T
    hinges = F.relu(cosines[anchor, other] - cosines[anchor, same] + MARGIN)
    return (hinges * keep).sum() / keep.sum().clamp(min=1)


def batches(batch):
    """Batches for ever, each with ten random triplets per image."""
    order = torch.randperm(len(images), device=device)
    at = 0
    while True:
        picks = order[at : at + batch]
        yield images[picks], labels[picks], torch.randint(batch, (3, 10 * batch), device=device)
        at = (at + batch) % max(1, len(images) - batch)


def stepper(model, optimiser, loss, mode):
    """A function that makes one training step on a batch and returns its loss."""

    def forward(x, classes, triplets):
        return loss(model(x), classes, triplets)

    if mode.startswith("compile"):
        forward = torch.compile(forward, mode="reduce-overhead" if "overhead" in mode else "default")

    def step(*batch):
        optimiser.zero_grad(set_to_none=True)
        value = forward(*batch)
        value.backward()
        optimiser.step()
        return value

    return step


def recorded(step, optimiser, batch):
    """The step as a CUDA graph, which reads its batch from the same place every time."""
    static = [part.clone() for part in batch]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(*static)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    optimiser.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        value = step(*static)

    def replay(*batch):
        for place, part in zip(static, batch):
            place.copy_(part)
        graph.replay()
        return value

    return replay


def time_steps(mode, hidden, units, batch, steps, loss):
    torch.manual_seed(0)
    model = encoder(hidden, units).train()
    fastest = {"capturable": True} if mode not in ("eager", "eager, masked") else {"fused": True}
    options = fastest if cuda else {}
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5, **options)
    stream = batches(batch)
    step = stepper(model, optimiser, loss, mode)
    if mode == "CUDA graph":
        step = recorded(step, optimiser, next(stream))

    def many(count):
        begun = time.perf_counter()
        for _ in range(count):
            value = step(*next(stream))
        finish()
        return time.perf_counter() - begun, value

    warm, _ = many(min(20, steps))
    rounds = [many(steps) for _ in range(ROUNDS)]
    milliseconds = [round(seconds * 1e3 / steps, 4) for seconds, _ in rounds]
    size = {"hidden": hidden, "units": units, "batch": batch}
    note(step=mode, **size, ms=milliseconds, warmUpSeconds=round(warm, 2), loss=float(rounds[-1][1]))


def modes(hidden, batch):
    """Compilation takes so long that only two sizes are compiled."""
    yield "eager", ragged
    yield "eager, masked", masked
    if cuda:
        yield "CUDA graph", masked
    if hasattr(torch, "compile") and (hidden, batch) in [(64, 256), (1024, 4096)]:
        yield "compiled", masked
        if cuda:
            yield "compiled, reduce-overhead", masked


def time_training():
    sizes = [(64, 512, 256, 300), (64, 512, 8192, 100), (1024, 4096, 256, 100), (1024, 4096, 4096, 30)]
    for hidden, units, batch, steps in sizes[:1] if quick else sizes:
        for mode, loss in modes(hidden, batch):
            try:
                time_steps(mode, hidden, units, batch, 5 if quick else steps, loss)
            except Exception as error:  # A mode that this PyTorch cannot do is no reason to stop.
                note(step=mode, batch=batch, error=str(error)[:300])


@torch.no_grad()
def time_encoding():
    """From normalised images on the GPU to packed codes on the host."""
    model = encoder(64, 512).eval()
    weights = (2 ** torch.arange(8, device=device)).to(torch.uint8)

    def packed(x):
        bits = model(x).view(len(x), -1, 8).to(torch.uint8)
        return (bits * weights).sum(-1).to(torch.uint8)

    times = []
    for _ in range(2 if quick else 6):
        begun = time.perf_counter()
        torch.cat([packed(x) for x in images.split(1000)]).cpu()
        times.append(time.perf_counter() - begun)
    note(encode=len(images), imagesPerSecond=round(len(images) / min(times)))


@torch.no_grad()
def time_search():
    """The 10 nearest by Hamming distance, through a product of all codes, which are on the GPU already."""
    for count, queries in [(3000, 10)] if quick else [(60_000, 1000), (60_000, 8000), (1_000_000, 1000)]:
        codes = (torch.rand(count, 512, device=device) < SPARSITY).to(torch.half if cuda else torch.float)
        asked = codes[:queries].clone()
        times = []
        for _ in range(ROUNDS):
            finish()
            begun = time.perf_counter()
            distances = codes.sum(1)[None] - 2 * (asked @ codes.T)
            distances.topk(10, largest=False).indices.cpu()
            times.append(time.perf_counter() - begun)
        note(search=count, queries=queries, ms=round(min(times) * 1e3, 2))


name = torch.cuda.get_device_name() if cuda else "cpu"
note(torch=torch.__version__, device=name, threads=torch.get_num_threads())
time_training()
time_encoding()
time_search()
note(done=True)
