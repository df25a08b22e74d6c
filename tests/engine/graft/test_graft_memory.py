"""Cutting from folders takes a bounded memory, and finds what numpy finds in all the weights.

The cut runs in a process of its own. A first, tiny cut loads the libraries; then RLIMIT_DATA, which
counts all private writable memory (the heap and writable maps of files), leaves `BOUND` more, and
the peak of resident memory, pages of files included, is read off. The same process must fail to
hold one of the two checkpoints, or the limit would say nothing.
"""

import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from engine.graft.skill import load

ROOT = Path(__file__).parents[3]
BOUND = 48 << 20
"""Bytes."""
COUNT = 200_000
"""Entries of the cut: candidates of 7 MB, and what sifting and writing them takes."""
SMALL = {
    "vocab_size": 64, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1,
    "num_attention_heads": 4, "num_key_value_heads": 4,
}  # fmt: skip
LARGE = {**SMALL, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 3}
CHILD = """
import json, resource, sys
import torch
from engine.contract.questions.skills import CutSkill
from engine.tools.skill.cut import answer

def cut(question):
    answer(CutSkill(**question), lambda far: None)

def status(name):
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

warm, question, bound, whole = json.loads(sys.argv[1])
cut(warm)
data, before = status("VmData"), status("VmRSS")
resource.setrlimit(resource.RLIMIT_DATA, (data + bound, data + bound))
cut(question)
peak = status("VmHWM") - before
try:
    torch.ones(whole, dtype=torch.uint8)
    fits = True
except RuntimeError:
    fits = False
print(json.dumps({"peak": peak, "fits": fits}))
"""


def checkpoints(folder: Path, sizes: dict[str, int]) -> dict[str, np.ndarray[Any, Any]]:
    """A Llama in one file and a tuned one, a layer a shard; the movements |tuned - base|, by name.

    Later tensors moved more, so that to the end there are new candidates.
    """
    config = LlamaConfig(**sizes, tie_word_embeddings=False, architectures=["LlamaForCausalLM"])
    with torch.device("meta"):
        shapes = {n: p.shape for n, p in LlamaForCausalLM(config).named_parameters()}
    for name in ("base", "tuned"):
        config.save_pretrained(folder / name)
    draw, base, files = np.random.default_rng(7), {}, {}
    moved: dict[str, np.ndarray[Any, Any]] = {}
    for part, names in groupby(shapes, lambda name: ".".join(name.split(".")[:3])):
        shard, tuned = f"model-{part}.safetensors", {}
        for name in names:
            base[name] = draw.standard_normal(shapes[name], np.float32)
            by = draw.standard_normal(shapes[name], np.float32)
            tuned[name] = base[name] + by * np.float32(0.01 * (1 + len(moved) / 8))
            moved[name] = np.abs(tuned[name] - base[name]).ravel()
            files[name] = shard
        save_file(tuned, folder / "tuned" / shard)
    save_file(base, folder / "base" / "model.safetensors")
    index = folder / "tuned" / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": files}))
    return {name: moved[name] for name in shapes if ".layers." in name}


def expected(moved: dict[str, np.ndarray[Any, Any]], s: int) -> dict[str, list[int]]:
    """Where the s largest lie: all above the s-th largest, then the first that equal it."""
    every = np.concatenate(list(moved.values()))
    least = np.partition(every, len(every) - s)[len(every) - s]
    left = s - int((every > least).sum())
    found = {}
    for name, movement in moved.items():
        level = np.flatnonzero(movement == least)[:left]
        left -= len(level)
        at = np.union1d(np.flatnonzero(movement > least), level)
        if len(at):
            found[name] = at.tolist()
    return found


def question(folder: Path, count: int) -> dict[str, Any]:
    return {
        "model": {"name": str(folder / "base")},
        "finetuned": {"path": str(folder / "tuned")},
        "sparsity": count,
        "out": str(folder / "cut"),
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, limits its data")
def test_a_cut_needs_less_memory_than_its_checkpoints(tmp_path: Path) -> None:
    checkpoints(tmp_path / "small", SMALL)
    moved = checkpoints(tmp_path / "large", LARGE)
    one = sum(file.stat().st_size for file in (tmp_path / "large" / "base").iterdir())
    assert one > 3 * BOUND
    asked = [question(tmp_path / "small", 10), question(tmp_path / "large", COUNT), BOUND, one]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(asked)], cwd=ROOT, capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr[-2000:]
    said = json.loads(child.stdout.splitlines()[-1])
    assert 0 < said["peak"] < BOUND
    assert not said["fits"]
    found = load(tmp_path / "large" / "cut")
    assert {n: at.tolist() for n, at in found.indices.items()} == expected(moved, COUNT)
