# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of 16 GB is inspected from its headers: what the program holds does not grow with the weights."""

import json
import subprocess
import sys

import large_model
from conftest import ORACLES, PROGRAM

ROOM = 64_000_000  # that headers and config may take above a tiny model


# A process is charged with what its parent held when it was made: a small one stands between.
MEASURED = """
import os, subprocess, sys, time
start = time.monotonic()
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss * 1024, time.monotonic() - start, file=sys.stderr)
os._exit(os.waitstatus_to_exitcode(status))
"""


def inspected(folder):
    """(what is said of it, the most memory that the process held, seconds)"""
    words = [sys.executable, "-I", "-S", "-c", MEASURED, PROGRAM, "inspect", str(folder), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    held, seconds = done.stderr.split()[-2:]
    return json.loads(done.stdout), int(held), float(seconds)


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
