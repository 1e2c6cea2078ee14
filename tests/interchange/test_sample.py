# SPDX-License-Identifier: GPL-3.0-or-later
"""SmolLM2 from a quantised GGUF, with its tokenizer: a real model, converted in two short steps."""

import json

import pytest
import torch
from conftest import SAMPLE, engine_logits, lolcats, open_export, relative
from transformers import AutoTokenizer

PROMPT = "It was a bright cold morning in April, and the carriage stood before the door of the old house."


@pytest.fixture(scope="module")
def folder(kept):
    if not (SAMPLE / "model.gguf").exists():
        pytest.skip("LOLCATS_SAMPLE holds no model.gguf")
    made, run = kept / "smollm2-huggingface", kept / "smollm2.lolcats"
    if not run.exists():
        lolcats("convert", SAMPLE / "model.gguf", "--data", SAMPLE / "train", "--length", 64, "--heldout-rows", 2,
                "--transfer-steps", 1, "--finetune-steps", 1, "--window", 16, "--run", run)  # fmt: skip
    if not made.exists():
        lolcats("export", run, "--to", made)
    return made


def test_logits_and_text(folder, tmp_path):
    model, tokenizer = open_export(folder), AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(PROMPT)["input_ids"]
    told = json.loads(lolcats("tokenize", folder, "--text", PROMPT, "--json"))
    assert ids == told["ids"]
    text = ids * (1 + 200 // len(ids))
    assert relative(model(torch.tensor([text])).logits[0], engine_logits(folder, text, tmp_path)) < 1e-4
    prompt = torch.tensor([ids])
    model.generation_config.eos_token_id = None
    written = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=64, do_sample=False, pad_token_id=0
    )[0].tolist()
    logits = engine_logits(folder, written, tmp_path)
    assert logits[len(ids) - 1 : -1].argmax(-1).tolist() == written[len(ids) :]
    generated = json.loads(lolcats("generate", folder, "--prompt", PROMPT, "--tokens", 64, "--json"))["text"]
    mine = tokenizer.decode(written[len(ids) :], clean_up_tokenization_spaces=False)
    assert mine.startswith(generated.removeprefix(PROMPT))
