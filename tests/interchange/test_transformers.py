# SPDX-License-Identifier: GPL-3.0-or-later
"""An export in transformers against the engine that wrote it."""

import hashlib
import json

import pytest
import torch
from conftest import ORACLES, converted, engine_logits, exported, lolcats, made_up_ids, open_export, reads_as_it_writes, relative
from safetensors.torch import load_file

LIMIT = 1e-4  # largest difference over the spread of the logits, float32


def test_logits(export, tmp_path):
    ids = made_up_ids(export, 300)
    mine = open_export(export)(torch.tensor([ids])).logits[0]
    assert relative(mine, engine_logits(export, ids, tmp_path)) < LIMIT


def test_greedy_ids(export, tmp_path):
    model, prompt = open_export(export), made_up_ids(export, 20)
    prompt_ids = torch.tensor([prompt])
    ids = model.generate(
        prompt_ids, attention_mask=torch.ones_like(prompt_ids), max_new_tokens=64, min_new_tokens=64, do_sample=False
    )[0].tolist()
    assert len(ids) == 84
    logits = engine_logits(export, ids, tmp_path, prompt=20)
    stops = model.generation_config.eos_token_id
    logits[:, [stops] if isinstance(stops, int) else stops or []] = -torch.inf  # min_new_tokens forbids them
    assert logits[:-1].argmax(-1).tolist() == ids[20:]


def in_pieces(model, ids, pieces):
    cache, rows, first = None, [], 0
    for count in pieces:
        out = model(ids[:, first : first + count], past_key_values=cache, use_cache=True)
        cache, first = out.past_key_values, first + count
        rows.append(out.logits)
    return torch.cat(rows, 1)


def test_prompt_and_steps_agree(export, tmp_path):
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 150)])
    steps = in_pieces(model, ids, [40] + [1] * 110)
    assert relative(steps[0, 39:], engine_logits(export, ids[0].tolist(), tmp_path, prompt=40)) < LIMIT
    if not reads_as_it_writes(export):
        return
    whole = model(ids).logits
    for pieces in ([1] * 150, [40, 1, 1, 70, 38]):
        assert relative(in_pieces(model, ids, pieces), whole) < LIMIT


def test_written_in_pieces(export):
    """Behind a prompt, several tokens at once are the same as one by one, also where a prompt is read by another rule."""
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 150)])
    if model.config.rope_parameters["rope_type"] == "dynamic":
        pytest.skip("rotated by the length of the text so far")
    assert relative(in_pieces(model, ids, [40, 1, 1, 70, 38]), in_pieces(model, ids, [40] + [1] * 110)) < LIMIT


def test_state_does_not_grow(export):
    model = open_export(export)
    if any(model.config.attention_of(layer) == "softmax" for layer in range(model.config.num_hidden_layers)):
        pytest.skip("a layer kept softmax")
    sizes = {model(torch.tensor([made_up_ids(export, n)]), use_cache=True).past_key_values.bytes() for n in (3, 40, 290)}
    assert len(sizes) == 1


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_batch(export, side):
    model = open_export(export)
    rows = [made_up_ids(export, 150)[150 - n :] for n in (150, 31, 7)]
    pad = lambda row, fill: [fill] * (150 - len(row)) + row if side == "left" else row + [fill] * (150 - len(row))
    ids = torch.tensor([pad(row, 0) for row in rows])
    mask = torch.tensor([pad([1] * len(row), 0) for row in rows])
    batch = model(ids, attention_mask=mask).logits
    for row, logits, real in zip(rows, batch, mask.bool(), strict=True):
        assert relative(logits[real], model(torch.tensor([row])).logits[0]) < LIMIT
    written = greedy(model, ids, mask, 20)
    for row, text in zip(rows, written, strict=True):
        alone = torch.tensor([row])
        assert text.tolist() == greedy(model, alone, torch.ones_like(alone), 20)[0].tolist()
    if side == "left":  # generate() itself takes no padding behind a prompt
        model.generation_config.eos_token_id = None
        words = {"attention_mask": mask, "max_new_tokens": 20, "pad_token_id": 0}
        assert model.generate(ids, do_sample=False, **words)[:, 150:].tolist() == written.tolist()


def greedy(model, ids, mask, count):
    """[rows, count] ids, by calls with the cache; prompts may be padded on either side."""
    out = model(ids, attention_mask=mask, use_cache=True)
    last = (torch.arange(ids.size(1)) * mask).argmax(-1)
    token, written = out.logits[torch.arange(len(ids)), last].argmax(-1), []
    for _ in range(count):
        written.append(token)
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], 1)
        out = model(token[:, None], attention_mask=mask, past_key_values=out.past_key_values, use_cache=True)
        token = out.logits[:, -1].argmax(-1)
    return torch.stack(written, 1)


def test_beams_and_sampling(export):
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 30)])
    words = {"attention_mask": torch.ones_like(ids), "max_new_tokens": 10, "pad_token_id": 0}
    beams = model.generate(ids, num_beams=3, do_sample=False, **words)
    if reads_as_it_writes(export):
        uncached = model.generate(ids, num_beams=3, do_sample=False, use_cache=False, **words)
        assert beams.tolist() == uncached.tolist()
    assert model.generate(ids, do_sample=True, **words).size(1) <= 40


def test_attention_weights(export):
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 100)])
    seen = {}
    block = model.model.layers[0].self_attn
    hook = block.o_proj.register_forward_pre_hook(lambda _, given: seen.update(y=given[0]))
    block.v_proj.register_forward_hook(lambda _, given, v: seen.update(v=v))
    out = model(ids, output_attentions=True)
    hook.remove()
    weights = out.attentions[0]
    assert weights.shape == (1, block.heads, 100, 100)
    assert (weights.sum(-1) - 1).abs().max() < 1e-5
    assert weights.triu(1).abs().max() == 0
    v = seen["v"].view(1, 100, -1, block.size).transpose(1, 2)
    v = v.repeat_interleave(block.heads // v.size(1), 1)
    assert relative((weights @ v).transpose(1, 2).flatten(2), seen["y"]) < LIMIT
    padded = torch.cat([torch.zeros(1, 9, dtype=torch.long), ids], 1)
    mask = (torch.arange(109) >= 9).long()[None]
    again = model(padded, attention_mask=mask, output_attentions=True).attentions[0]
    assert relative(again[:, :, 9:, 9:], weights) < LIMIT
    assert again[:, :, :, :9].abs().max() == 0


def test_saved_and_loaded_again(export, tmp_path):
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 80)])
    model.save_pretrained(tmp_path / "saved")
    again = open_export(tmp_path / "saved")
    assert torch.equal(again(ids).logits, model(ids).logits)
    assert relative(again(ids).logits[0], engine_logits(tmp_path / "saved", ids[0].tolist(), tmp_path)) < LIMIT


def test_bfloat16(export):
    ids = torch.tensor([made_up_ids(export, 150)])
    short = open_export(export, dtype=torch.bfloat16)
    assert short.model.embed_tokens.weight.dtype == torch.bfloat16
    out = short(ids, use_cache=True)
    exact = open_export(export)(ids).logits
    assert (out.logits.float() - exact).square().mean().sqrt() < 0.1 * exact.std()
    for layer, state in out.past_key_values.states.items():
        if short.config.attention_of(layer) != "softmax":
            assert {t.dtype for t in state.values()} == {torch.float32}
            mixing = dict(short.model.layers[layer].self_attn.named_parameters())
            learned = [mixing[name] for name in short.config.lolcats["tensors"]]
            assert {p.dtype for p in learned} <= {torch.float32}
    assert short.generate(ids, max_new_tokens=5, do_sample=False).size(1) <= 155


def test_trains(export):
    model, ids = open_export(export), torch.tensor([made_up_ids(export, 140)])
    with torch.enable_grad():
        model(ids, labels=ids).loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)


def test_device_map(kept, tmp_path):
    pytest.importorskip("accelerate")
    folder = exported(kept, "sliding")
    ids = made_up_ids(folder, 40)
    model = open_export(folder, device_map="auto")
    assert relative(model(torch.tensor([ids]).to(model.device)).logits[0].cpu(), engine_logits(folder, ids, tmp_path)) < 1e-3


def test_same_export_twice(kept, tmp_path):
    first = exported(kept, "sliding")
    lolcats("export", kept / "sliding.lolcats", "--format", "huggingface", "--to", tmp_path / "again")
    sums = lambda folder: {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}
    assert sums(first) == sums(tmp_path / "again")


def test_tensors_are_those_of_base_and_run(kept):
    """Bit for bit, but for the four projections that adapters are merged into."""
    folder, base = exported(kept, "sliding"), load_file(ORACLES / "tiny-llama/model.safetensors")
    adapters = exported(kept, "sliding", "adapters")
    maps, lora = load_file(adapters / "feature_maps.safetensors"), load_file(adapters / "adapter_model.safetensors")
    scale = json.loads((adapters / "adapter_config.json").read_text())
    written = load_file(folder / "model.safetensors")
    assert written.keys() == base.keys() | maps.keys()
    for name, tensor in written.items():
        low = "base_model.model." + name.removesuffix(".weight") + ".lora_{}.weight"
        if name in maps or low.format("A") not in lora:
            assert torch.equal(tensor, (maps if name in maps else base)[name]), name
        else:
            change = lora[low.format("B")] @ lora[low.format("A")] * (scale["lora_alpha"] / scale["r"])
            assert relative(tensor, base[name] + change) < 1e-6, name


def test_rounded(kept, tmp_path):
    """Merged in float32, then rounded; how much that changes is said."""
    run, folder = converted(kept, "model-mixtral"), tmp_path / "rounded"
    told = json.loads(lolcats("export", run, "--dtype", "bfloat16", "--to", folder, "--json"))
    (said,) = [check["sentence"] for check in told["checks"] if check["id"] == "logits"]
    assert "from rounding the merged weights to bfloat16" in said
    exact = load_file(exported(kept, "model-mixtral") / "model.safetensors")
    rounded = load_file(folder / "model.safetensors")
    learned = {f"self_attn.{name}" for name in json.loads((folder / "config.json").read_text())["lolcats"]["tensors"]}
    for name, tensor in exact.items():
        kept_exact = name.split(".", 3)[-1] in learned
        assert torch.equal(rounded[name], tensor if kept_exact else tensor.to(torch.bfloat16)), name
    ids = made_up_ids(folder, 100)
    model = open_export(folder, dtype=torch.float32)
    assert relative(model(torch.tensor([ids])).logits[0], engine_logits(folder, ids, tmp_path)) < LIMIT


def test_python_names_no_place_and_no_date(kept):
    for path in exported(kept, "sliding").glob("*.py"):
        text = path.read_text()
        assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
        assert str(kept) not in text and "202" not in text


def test_prompt_needs_no_square(kept):
    folder = exported(kept, "sliding")
    config = json.loads((folder / "config.json").read_text())
    model, largest = open_export(folder), 0
    mixer = model.model.layers[0].self_attn.mixer
    chunk = mixer.chunk

    def counted(layer, q, *others):
        nonlocal largest
        largest = max(largest, q.size(2))
        return chunk(layer, q, *others)

    mixer.chunk = counted
    model(torch.tensor([made_up_ids(folder, config["max_position_embeddings"])]))
    assert largest <= 128
