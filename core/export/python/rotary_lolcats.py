# SPDX-License-Identifier: Apache-2.0
"""Rotary positions: frequencies with the scalings default, linear, dynamic, llama3 and yarn."""

import math

import torch

from .attention_lolcats import compute_type


def linear(frequencies, rope):
    return frequencies / rope["factor"]


def llama3(frequencies, rope):
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    share = ((original * frequencies / (2 * math.pi) - low) / (high - low)).clamp(0, 1)
    return (1 - share) * frequencies / rope["factor"] + share * frequencies


def yarn(frequencies, rope):
    """Dimensions that turn often over the original length are kept, those that turn seldom are divided by the factor."""
    size = 2 * len(frequencies)

    def dimension(rotations):
        turns = rope["original_max_position_embeddings"] / (2 * math.pi * rotations)
        return size * math.log(turns) / (2 * math.log(rope["rope_theta"]))

    first, last = dimension(rope.get("beta_fast") or 32), dimension(rope.get("beta_slow") or 1)
    if rope.get("truncate") is not False:
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, size - 1)
    ramp = (torch.arange(len(frequencies), dtype=torch.float64) - first) / ((last - first) or 0.001)
    ramp = ramp.clamp(0, 1)
    return frequencies * (1 - ramp + ramp / rope["factor"])


SCALINGS = {"default": lambda frequencies, rope: frequencies, "linear": linear, "llama3": llama3, "yarn": yarn}
SCALINGS["dynamic"] = SCALINGS["default"]  # it stretches theta, by the length of the text


def sharpening(rope):
    """By which rotated queries and keys are each multiplied."""
    if rope["rope_type"] != "yarn":
        return 1.0
    if rope.get("attention_factor"):
        return rope["attention_factor"]
    of = lambda scale: 0.1 * scale * math.log(rope["factor"]) + 1 if rope["factor"] > 1 else 1.0
    one, all_dimensions = rope.get("mscale"), rope.get("mscale_all_dim")
    return of(one) / of(all_dimensions) if one and all_dimensions else of(1)


def described(config):
    """The rotary settings with all numbers that their kind needs."""
    rope = dict(config.rope_parameters)
    if rope["rope_type"] not in SCALINGS:
        raise ValueError(f"Rotary scaling of the type “{rope['rope_type']}” is not one of {', '.join(SCALINGS)}.")
    if rope["rope_type"] == "dynamic" or not rope.get("original_max_position_embeddings"):
        rope["original_max_position_embeddings"] = config.max_position_embeddings
    return rope


def frequencies(config, length):
    """[rows, head_dim / 2] in double, for rows whose text is length[rows] tokens long by now; one row where that is no matter."""
    rope, size = described(config), config.head_dim
    theta = torch.tensor([[float(rope["rope_theta"])]], dtype=torch.float64)
    if rope["rope_type"] == "dynamic":
        ratio = (length[:, None].to("cpu", torch.float64) / rope["original_max_position_embeddings"]).clamp_min(1)
        theta = theta * (rope["factor"] * ratio - (rope["factor"] - 1)) ** (size / (size - 2))
    plain = theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    return torch.stack([SCALINGS[rope["rope_type"]](row, rope) for row in plain])


def rotations(config, tokens, counts, length, divisors, like):
    """(cosine, sine) [rows, 1, length, head_dim / 2] behind tokens[rows], of which counts[rows] of `length` are real."""
    inverse = frequencies(config, tokens + counts)
    if divisors is not None:
        inverse = inverse / divisors.detach().to("cpu", torch.float64)
    kind, factor = compute_type(like), sharpening(config.rope_parameters)
    positions = (tokens[:, None] + torch.arange(length, device=tokens.device)).to(kind)
    angles = positions[:, None, :, None] * inverse[:, None, None].to(tokens.device, kind)
    return angles.cos() * factor, angles.sin() * factor


def rotated(x, cosine, sine):
    first, second = x.to(cosine.dtype).chunk(2, -1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1).to(x.dtype)
