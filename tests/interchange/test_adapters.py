# SPDX-License-Identifier: GPL-3.0-or-later
"""What was trained, exported alone, on the base model: the same student as the merged one."""

import shutil

import pytest
import torch
from conftest import KINDS, ORACLES, exported, made_up_ids, open_export, relative
from transformers.dynamic_module_utils import get_class_from_dynamic_module

peft = pytest.importorskip("peft")


def loader(folder):
    return get_class_from_dynamic_module("modeling_lolcats.load_with_adapters", str(folder))


@pytest.mark.parametrize("kind", ["sliding", "terraced", "linear", "elu-kept"])
def test_adapters_are_the_merged_model(kept, kind):
    merged, adapters = exported(kept, kind), exported(kept, kind, "adapters")
    ids = torch.tensor([made_up_ids(merged, 120)])
    model = loader(adapters)(ORACLES / KINDS[kind][0], adapters).eval()
    exact = open_export(merged)(ids).logits
    assert relative(model(ids).logits, exact) < 1e-4
    if kind == "sliding":  # elsewhere the best checkpoint may be that before the first step
        with model.disable_adapter():
            assert relative(model(ids).logits, exact) > 1e-3
    assert relative(model.merge_and_unload()(ids).logits, exact) < 1e-4


def test_peft_reads_them_alone(kept):
    adapters = exported(kept, "sliding", "adapters")
    config = peft.PeftConfig.from_pretrained(adapters)
    assert (config.peft_type, config.r) == (peft.PeftType.LORA, 8)


@pytest.mark.parametrize("missing", ["linear_attention.json", "feature_maps.safetensors"])
def test_refused_without_the_layers(kept, tmp_path, missing):
    adapters = exported(kept, "sliding", "adapters")
    shutil.copytree(adapters, tmp_path / "part")
    (tmp_path / "part" / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing):
        loader(adapters)(ORACLES / KINDS["sliding"][0], tmp_path / "part")
