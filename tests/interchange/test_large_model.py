# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program holds: of 16 GB the headers, and while it exports one block."""

import json

import large_model
from conftest import ORACLES, measured

ROOM = 64_000_000  # that headers and config may take above a tiny model


def inspected(folder):
    """(what is said of it, the most memory that the process held, seconds)"""
    told, held, seconds = measured("inspect", folder, "--json")
    return json.loads(told), held, seconds


def test_inspect_reads_headers_alone(tmp_path, capsys):
    total = large_model.make(tmp_path / "large")
    told, held, seconds = inspected(tmp_path / "large")
    assert told["verdict"] == "32 of 32 layers can be converted"
    assert told["parameters"] == 8_030_261_248
    assert told["stored_bytes"] == total == 16_060_522_496
    _, idle, _ = inspected(ORACLES / "tiny-llama")
    with capsys.disabled():
        print(f"\ninspect of {total:,} bytes: {seconds:.2f} s, {held / 1e6:.0f} MB, {idle / 1e6:.0f} MB for a tiny model")
    assert held < idle + ROOM


def test_an_export_holds_a_block_at_a_time(kept, sample_export, tmp_path, capsys):
    """The embedding (and a head of its own), what one block takes while it is read, merged and compared, and no whole model."""
    _, idle, _ = inspected(ORACLES / "tiny-llama")
    _, held, seconds = measured("export", kept / "smollm2.lolcats", "--to", tmp_path / "again")
    weights = (sample_export / "model.safetensors").stat().st_size
    config = json.loads((sample_export / "config.json").read_text())
    embedding = 4 * config["vocab_size"] * config["hidden_size"]
    block = (weights - embedding) / config["num_hidden_layers"]
    # The embedding three times: held, on its way to the file, and as large as the logits that are compared.
    room = 3 * embedding + 4 * block + ROOM
    with capsys.disabled():
        print(f"\nexport of {weights / 1e6:.0f} MB: {seconds:.1f} s, {held / 1e6:.0f} MB of {(idle + room) / 1e6:.0f} MB")
    assert held < idle + room
