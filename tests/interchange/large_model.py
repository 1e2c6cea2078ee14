# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of Llama-3.1-8B's shape, made in a moment: the weights are holes in the files, read as zeros, or, with --fill, numbers
drawn once and repeated. By hand:

    python3 tests/interchange/large_model.py FOLDER --layers 32 --fill    # 16 GB on the disk
    time lolcats inspect FOLDER
"""

import argparse
import json
import pathlib
import random
import struct

HIDDEN, INNER, KEYS, VOCABULARY = 4096, 14336, 1024, 128256
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": INNER,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": VOCABULARY, "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5, "hidden_act": "silu", "rope_theta": 500000.0, "torch_dtype": "bfloat16", "bos_token_id": 128000,
    "eos_token_id": [128001, 128008, 128009], "tie_word_embeddings": False,
    "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 8192},
}  # fmt: skip


def tensors(layers):
    yield "model.embed_tokens.weight", (VOCABULARY, HIDDEN)
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (HIDDEN,)
        for name, rows in (("q", HIDDEN), ("k", KEYS), ("v", KEYS), ("o", HIDDEN)):
            yield f"{prefix}self_attn.{name}_proj.weight", (rows, HIDDEN)
        yield prefix + "post_attention_layernorm.weight", (HIDDEN,)
        yield prefix + "mlp.gate_proj.weight", (INNER, HIDDEN)
        yield prefix + "mlp.up_proj.weight", (INNER, HIDDEN)
        yield prefix + "mlp.down_proj.weight", (HIDDEN, INNER)
    yield "model.norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCABULARY, HIDDEN)


def size_of(shape):
    size = 2  # bfloat16
    for length in shape:
        size *= length
    return size


def small_numbers():
    """A MiB of bfloat16 between -0.03 and 0.03."""
    draw = random.Random(1)
    return b"".join(struct.pack("<f", draw.uniform(-0.03, 0.03))[2:] for _ in range(1 << 16)) * 8


def write_shard(path, shard, fill):
    header, end = {}, 0
    for name, shape in shard:
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size_of(shape)]}
        end += size_of(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for left in range(end, 0, -len(fill)) if fill else ():
            file.write(fill[:left])
        file.truncate(8 + len(text) + end)


def make(folder, layers=32, shard_bytes=5_000_000_000, fill=False):
    folder.mkdir(parents=True, exist_ok=True)
    shards, filled = [[]], 0
    for name, shape in tensors(layers):
        if filled and filled + size_of(shape) > shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append((name, shape))
        filled += size_of(shape)
    places = {}
    for number, shard in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write_shard(folder / file, shard, small_numbers() if fill else None)
        places |= {name: file for name, _ in shard}
    total = sum(size_of(shape) for _, shape in tensors(layers))
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(CONFIG | {"num_hidden_layers": layers}))
    return total


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--fill", action="store_true", help="numbers instead of holes")
    given = parser.parse_args()
    print(f"{make(given.folder, given.layers, fill=given.fill):,} bytes of weights")
