# SPDX-License-Identifier: GPL-3.0-or-later
"""The export in the published layout, as PyTorch itself reads it and as it comes back."""

import hashlib

import pytest
import torch
from conftest import KINDS, ORACLES, converted, engine_logits, lolcats
from safetensors.torch import load_file

PAPER = ["tiny-llama", "--preset", "paper", "--window-shape", "terraced-end", "--feature-dim", "16", "--window", "8",
         "--accumulation", "1"]  # fmt: skip
LAYER = "layers.0.self_attn."


@pytest.fixture(scope="module")
def folder(kept):
    KINDS["paper"] = PAPER
    made = kept / "paper-reference"
    if not made.exists():
        lolcats("export", converted(kept, "paper"), "--format", "reference", "--pt", "--to", made)
    return made


def one(folder, ending):
    (path,) = folder.glob("*" + ending)
    return path


@pytest.mark.parametrize(("ending", "keys"), [
    ("_distill", {"model." + LAYER + "window_factors", "model." + LAYER + "feature_map_q.mlp.layer",
                  "model." + LAYER + "feature_map_k.mlp.layer"}),
    ("_ft", {f"base_model.model.model.{LAYER}{p}_proj.lora_{m}.default.weight" for p in "qkvo" for m in "AB"}),
])  # fmt: skip
def test_torch_reads_the_published_names(folder, ending, keys):
    for mmap in (False, True):
        loaded = torch.load(one(folder, ending + ".pt"), weights_only=True, mmap=mmap)
        state = loaded["model_state_dict"]
        assert set(loaded) == {"model_state_dict", "step"}
        assert {key for key in state if LAYER in key} == keys
        assert len(state) == 4 * len(keys)
        same = load_file(one(folder, ending + ".safetensors"))
        assert all(torch.equal(state[key], same[key]) and state[key].is_contiguous() for key in same)
        assert set(state) == set(same)


def test_what_torch_saves_is_imported(folder, kept, tmp_path):
    ids = [(i * 7919 + 13) % 250 for i in range(45)]
    expected = engine_logits(converted(kept, "paper"), ids, tmp_path)
    saved = []
    for ending in ("_distill", "_ft"):
        path = one(folder, ending + ".pt")
        loaded = torch.load(path, weights_only=True)
        # As a run on a CPU pickles it: parameters, one of them a view of something larger.
        state = {key: torch.nn.Parameter(value) for key, value in loaded["model_state_dict"].items()}
        key = next(iter(state))
        wide = torch.cat([state[key].data.flatten(), torch.ones(3)])
        state[key] = wide[: state[key].numel()].reshape(state[key].shape)
        saved.append(tmp_path / path.name)
        torch.save({"model_state_dict": state, "step": 3, "eval/loss": 1.5}, saved[-1])
    lolcats("import", *saved, "--model", ORACLES / "tiny-llama", "-o", tmp_path / "back.lolcats")
    assert torch.equal(engine_logits(tmp_path / "back.lolcats", ids, tmp_path), expected)


def test_equal_exports_are_equal_bytes(folder, kept, tmp_path):
    lolcats("export", converted(kept, "paper"), "--format", "reference", "--pt", "--to", tmp_path / "again")
    for path in folder.iterdir():
        again = tmp_path / "again" / path.name
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest(), path.name
