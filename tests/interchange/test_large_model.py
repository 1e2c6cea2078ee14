# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of 16 GB is inspected from its headers: what the program holds does not grow with the weights."""

import json
import os
import subprocess
import time

import large_model
from conftest import ORACLES, PROGRAM

ROOM = 64_000_000  # that headers and config may take above a tiny model


def inspected(folder):
    """(what is said of it, the most memory that the process held, seconds)"""
    start = time.monotonic()
    process = subprocess.Popen([PROGRAM, "inspect", str(folder), "--json"], stdout=subprocess.PIPE)
    told = json.loads(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return told, used.ru_maxrss * 1024, time.monotonic() - start


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
