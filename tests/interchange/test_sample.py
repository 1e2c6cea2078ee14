# SPDX-License-Identifier: GPL-3.0-or-later
"""SmolLM2 from a quantised GGUF, with its tokenizer: a real model, converted in two short steps."""

import json

import torch
from conftest import engine_logits, lolcats, open_export, relative
from transformers import AutoTokenizer

PROMPT = "It was a bright cold morning in April, and the carriage stood before the door of the old house."


def test_logits_and_text(sample_export, tmp_path):
    folder = sample_export
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
