# SPDX-License-Identifier: GPL-3.0-or-later
"""lm-evaluation-harness on an export, by the command that `lolcats export` prints: its scores are those of the engine's logits."""

import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
from conftest import engine_logits, lolcats

pytest.importorskip("lm_eval", reason="lm-evaluation-harness is not installed")
TASKS = pathlib.Path(__file__).parent / "tasks"
LIMIT = 1e-4  # of a text's log-likelihood


@pytest.fixture(scope="module")
def measured(sample_export, tmp_path_factory):
    """What lm_eval wrote: the results, and of each task the log-likelihoods that it saw."""
    out = tmp_path_factory.mktemp("lm_eval")
    card = (sample_export / "README.md").read_text()
    command = re.search(r"lm_eval .*--tasks …", card)[0].replace("FOLDER", str(sample_export)).replace("…", "prose")
    words = [*shlex.split(command), "--include_path", ".", "--device", "cpu", "--batch_size", "4"]
    words = [sys.executable, "-m", *words, "--log_samples", "--output_path", str(out)]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(out / "hf")}
    done = subprocess.run(words, cwd=TASKS, env={**os.environ, **offline}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    seen = {}
    for task in ("prose_choice", "prose_perplexity"):
        (file,) = out.rglob(f"samples_{task}_*.jsonl")
        lines = sorted(map(json.loads, file.read_text().splitlines()), key=lambda line: line["doc_id"])
        seen[task] = [[first_number(answer) for answer in line["resps"]] for line in lines]
    (results,) = out.rglob("results_*.json")
    return json.loads(results.read_text())["results"], seen


def first_number(answer):
    while isinstance(answer, list):
        answer = answer[0]
    return float(answer)


def ids_of(folder, text):
    return json.loads(lolcats("tokenize", folder, "--text", text, "--json"))["ids"]


def likelihood(folder, ids, first, tmp_path):
    """Log-likelihood of ids[first:] behind those before them, from the engine's logits."""
    logs = engine_logits(folder, ids, tmp_path).double().log_softmax(-1)
    return sum(logs[place - 1, ids[place]].item() for place in range(first, len(ids)))


def lines_of(name):
    return [json.loads(line) for line in (TASKS / name).read_text().splitlines()]


def test_choices(sample_export, measured, tmp_path):
    results, seen = measured
    right = right_by_length = 0
    documents = lines_of("choice.jsonl")
    for document, told in zip(documents, seen["prose_choice"], strict=True):
        before = len(ids_of(sample_export, document["beginning"]))
        mine = [
            likelihood(sample_export, ids_of(sample_export, f"{document['beginning']} {ending}"), before, tmp_path)
            for ending in document["endings"]
        ]
        assert told == pytest.approx(mine, rel=LIMIT)
        by_length = [score / len(ending) for score, ending in zip(mine, document["endings"], strict=True)]
        right += mine.index(max(mine)) == document["right"]
        right_by_length += by_length.index(max(by_length)) == document["right"]
    assert results["prose_choice"]["acc,none"] == pytest.approx(right / len(documents))
    assert results["prose_choice"]["acc_norm,none"] == pytest.approx(right_by_length / len(documents))


def test_perplexity(sample_export, measured, tmp_path):
    results, seen = measured
    start = json.loads((sample_export / "config.json").read_text())["bos_token_id"]
    texts = [document["text"] for document in lines_of("texts.jsonl")]
    mine = [likelihood(sample_export, [start, *ids_of(sample_export, text)], 1, tmp_path) for text in texts]
    assert [answers[0] for answers in seen["prose_perplexity"]] == pytest.approx(mine, rel=LIMIT)
    count = sum(len(text.encode()) for text in texts)
    words = sum(len(text.split()) for text in texts)
    assert results["prose_perplexity"]["bits_per_byte,none"] == pytest.approx(-sum(mine) / count / math.log(2), rel=LIMIT)
    assert results["prose_perplexity"]["word_perplexity,none"] == pytest.approx(math.exp(-sum(mine) / words), rel=LIMIT)
