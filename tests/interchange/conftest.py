# SPDX-License-Identifier: GPL-3.0-or-later
"""Students that the built program makes and exports, for whichever transformers is here. Several runs share --exports."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LOLCATS_PROGRAM", str(SOURCE / "build/release/bin/lolcats"))
# The repository's own choice of models: what is compared here are two programs, not numbers from a file.
ORACLES = SOURCE / "tests/oracles"
SAMPLE = pathlib.Path(os.environ.get("LOLCATS_SAMPLE", "/nonexistent"))

HYBRID = ["--feature-dim", "16", "--window", "8"]
CLUSTER = ["--preset", "default", "--clusters", "6", "--window", "8"]
KINDS = {
    "sliding": ["tiny-llama", *HYBRID],
    "terraced": ["tiny-llama", *HYBRID, "--window-shape", "terraced", "--sinks", "2"],
    "no-sinks": ["tiny-llama", *HYBRID, "--sinks", "0", "--linear-factor-learned", "false", "--window", "1"],
    "linear": ["tiny-llama", "--attention", "linear", "--feature-dim", "16"],
    "elu-kept": ["tiny-llama", "--feature-map", "positive_elu", "--window", "8", "--window-factor-learned", "false",
                 "--keep-softmax", "1"],
    "softmax": ["tiny-llama", "--attention", "softmax"],
    "cluster": ["tiny-llama", *CLUSTER, "--sinks", "2"],
    "cluster-rotated": ["tiny-llama", *CLUSTER, "--cluster-positions", "rotated", "--cluster-decay", "false", "--window", "1"],
    "cluster-yarn": ["tiny-llama", *CLUSTER, "--keep-softmax", "1"],
    "terraced-end": ["tiny-llama", *HYBRID, "--window-shape", "terraced-end", "--sinks", "0"],
    "affine": ["tiny-llama", *HYBRID, "--linear-factor-affine", "true"],
    "longer-while-writing": ["tiny-llama", *HYBRID, "--decode-window", "12"],
    "shorter-while-writing": ["tiny-llama", *HYBRID, "--window-shape", "terraced", "--decode-window", "5"],
    "window-kept": ["models/tiny/mistral-window", *HYBRID, "--keep-softmax", "1"],
    "yarn": ["tiny-llama", *HYBRID],
    "dynamic": ["tiny-llama", *HYBRID, "--keep-softmax", "1"],
}  # fmt: skip
# What the config of a kind's model says instead: no model here has these.
CHANGED = {
    "cluster-yarn": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}},
    "yarn": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}},
    "dynamic": {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}, "max_position_embeddings": 64},
}
for config in sorted((ORACLES / "models/tiny").glob("*/config.json")):  # all that are there, whatever their names
    KINDS["model-" + config.parent.name] = ["models/tiny/" + config.parent.name, *HYBRID]


def lolcats(*words):
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, f"lolcats {' '.join(map(str, words))}: {done.stderr[-2000:]}"
    return done.stdout


# A process is charged with what its parent held when it was made: a small one stands between.
MEASURED = """
import os, subprocess, sys, time
start = time.monotonic()
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss * 1024, time.monotonic() - start, file=sys.stderr)
os._exit(os.waitstatus_to_exitcode(status))
"""


def measured(*words):
    """(standard output, the most memory that the program held, seconds)"""
    command = [sys.executable, "-I", "-S", "-c", MEASURED, PROGRAM, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    held, seconds = done.stderr.split()[-2:]
    return done.stdout, int(held), float(seconds)


def engine_logits(folder, ids, tmp_path, prompt=None):
    """The engine's own logits for one row of ids, [tokens, vocabulary]; with a prompt, those from its last token on, the others
    read one by one."""
    one_by_one = [] if prompt is None else ["--prompt", prompt]
    lolcats("logits", folder, "--ids", ",".join(map(str, ids)), *one_by_one, "--out", tmp_path / "logits.safetensors")
    return next(iter(load_file(tmp_path / "logits.safetensors").values()))


def open_export(folder, **words):
    return AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, **words).eval()


def pytest_addoption(parser):
    parser.addoption("--exports", help="a folder in which exports are kept for the next run of these tests")


@pytest.fixture(scope="session")
def kept(request, tmp_path_factory):
    given = request.config.getoption("--exports")
    folder = pathlib.Path(given) if given else tmp_path_factory.mktemp("exports")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def base_model(kept, kind):
    given = ORACLES / KINDS[kind][0]
    if kind not in CHANGED:
        return given
    folder = kept / f"{kind}-base"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(json.loads((given / "config.json").read_text()) | CHANGED[kind]))
    shutil.copy(given / "model.safetensors", folder)
    return folder


def reads_as_it_writes(folder):
    """Whether a text that is read at once gives the same as one read token by token."""
    config = json.loads((folder / "config.json").read_text())
    options = config["lolcats"].get("options") or {}
    by_length = (config.get("rope_scaling") or {}).get("rope_type") == "dynamic"
    return not (by_length or options.get("decode_window") or options.get("window_shape") == "terraced-end")


def converted(kept, kind):
    """The run file of a student, made at the first call."""
    run = kept / f"{kind}.lolcats"
    if run.exists():
        return run
    options, model = KINDS[kind][1:], base_model(kept, kind)
    vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
    draw = numpy.random.default_rng(1)
    rows = {name: draw.integers(0, vocabulary, (count, 48)).astype("int32") for name, count in [("train", 4), ("heldout", 2)]}
    save_file(rows, kept / f"rows-{kind}.safetensors")
    lolcats("convert", model, "--dataset", "rows", "--data", kept / f"rows-{kind}.safetensors", "--length", 48,
            "--heldout-rows", 2, "--transfer-steps", 3, "--finetune-steps", 3,
            *([] if "--preset" in options else ["--preset", "simple"]), *options, "--run", run)  # fmt: skip
    return run


def exported(kept, kind, form="huggingface"):
    folder = kept / f"{kind}-{form}"
    if not folder.exists():
        lolcats("export", converted(kept, kind), "--format", form, "--to", folder)
    return folder


@pytest.fixture(params=KINDS)
def export(request, kept):
    return exported(kept, request.param)


@pytest.fixture(scope="session")
def sample_export(kept):
    """SmolLM2, converted in two short steps from a quantised GGUF."""
    if not (SAMPLE / "model.gguf").exists():
        pytest.skip("LOLCATS_SAMPLE holds no model.gguf")
    made, run = kept / "smollm2-huggingface", kept / "smollm2.lolcats"
    if not run.exists():
        lolcats("convert", SAMPLE / "model.gguf", "--data", SAMPLE / "train", "--length", 64, "--heldout-rows", 2,
                "--transfer-steps", 1, "--finetune-steps", 1, "--window", 16, "--run", run)  # fmt: skip
    if not made.exists():
        lolcats("export", run, "--to", made)
    return made


def made_up_ids(folder, count):
    vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
    return [(i * 7919 + 13) % vocabulary for i in range(count)]


def relative(mine, other):
    return ((mine.float() - other.float()).abs().max() / other.float().std()).item()


torch.set_num_threads(1)  # the models are tiny: more threads only wait for each other


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield
