# SPDX-License-Identifier: Apache-2.0
"""How tokens are mixed in one layer: feature maps, the LoLCATs layer, linear attention alone, and softmax as it was."""

import math

import torch
from torch.nn import functional

SMALLEST_FEATURE = 1e-12
EPSILON = 1e-12  # in the denominator of linear attention alone


def compute_type(x):
    return torch.float64 if x.dtype == torch.float64 else torch.float32


def repeat_heads(x, heads):
    return x if x.size(1) == heads else x.repeat_interleave(heads // x.size(1), dim=1)


def with_ones(x):
    return torch.cat([x, torch.ones_like(x[..., :1])], -1)


def take(x, index):
    """Tokens of x [batch, heads, tokens, size] at index [batch, taken]."""
    return x.gather(2, index[:, None, :, None].expand(-1, x.size(1), -1, x.size(3)))


# Feature maps: an activation of the learned numbers z of a query or key, [batch, heads, tokens, size]. A new one is one line
# in ACTIVATIONS.


def both_signs(half):
    def activation(z, options):
        if options.get("feature_signs", "both") == "one":
            return half(z).clamp_min(SMALLEST_FEATURE)
        return torch.cat([half(z), half(-z)], -1).clamp_min(SMALLEST_FEATURE)

    return activation


ACTIVATIONS = {
    "hedgehog": both_signs(lambda z: torch.softmax(z, -1)),
    "exp": both_signs(lambda z: torch.exp(z - z.amax(-1, keepdim=True))),
    "t2r": lambda z, options: z.clamp_min(SMALLEST_FEATURE),
    "positive_elu": lambda z, options: functional.elu(z) + 1,
}


def features(layer, x, side):
    """phi of queries (side "q") or keys ("k") x [batch, heads, tokens, head_dim], with the learned tensors that `layer` has."""
    x = x.to(compute_type(x))
    prefix = f"feature_map_{side}"
    name = prefix if hasattr(layer, prefix) else "feature_map_q"  # tied

    def learned(ending, whose=name):
        tensor = getattr(layer, whose + ending, None)
        return None if tensor is None else tensor.to(x.dtype)

    z, w = x, learned("")
    if w is not None:
        read = x if learned("_in") is None else torch.relu(x @ learned("_in") + learned("_in_bias"))
        z = read @ w
        if learned("_bias") is not None:
            z = z + learned("_bias")
        if layer.options.get("feature_skip") or learned("_in") is not None:
            z = z + functional.pad(x[..., : z.size(-1)], (0, max(0, z.size(-1) - x.size(-1))))
    phi = ACTIVATIONS[layer.feature_map](z, layer.options)
    gate = learned("_gate", prefix)
    return phi if gate is None else phi * (2 * torch.sigmoid(x @ gate + learned("_gate_bias", prefix)))


class Mixer:
    """How one layer mixes tokens. A new attention is a class of this kind and its line in MIXERS.

    q [batch, heads, tokens, head_dim], k and v [batch, kv_heads, tokens, head_dim], rotated; `layer` is the LolcatsAttention with
    the learned tensors. Rows are real tokens first, padding behind."""

    def __init__(self, config, layer):
        pass

    def empty(self, layer, k):
        """The state before the first token: a dictionary of tensors, rows first."""
        raise NotImplementedError

    def chunk(self, layer, q, k, v, start, count, state, prompt):
        """(y, the state behind them) of a few tokens that stand behind a state. start[b] tokens of row b came before; its first
        count[b] enter the state. prompt[b]: how many tokens the text has that this call reads at once; None while writing."""
        raise NotImplementedError

    def weights(self, layer, q, k, count):
        """The N x N map that `chunk` implies for a whole text of count[b] tokens; k has as many heads as q."""
        raise NotImplementedError


class Window:
    """Which keys of a hybrid are softmax. `shape` as in the options: terraced-end counts blocks from the text's end."""

    def __init__(self, shape, length, sinks):
        self.shape, self.length, self.sinks = shape, length, sinks
        self.reach = (1 if shape == "sliding" else 2) * length - 1  # keys before its own that a token may see with softmax

    def first_key(self, position, tokens):
        """position [rows, tokens]; tokens [rows] of the whole text."""
        if self.shape == "sliding":
            return position - self.length + 1
        shift = 0
        if self.shape == "terraced-end":
            shift = torch.where(tokens > self.length, -tokens % self.length, 0)[:, None]
        return (torch.div(position + shift, self.length, rounding_mode="floor") - 1) * self.length - shift

    def near(self, position, key, tokens):
        """[rows, queries, keys]: softmax, if it is before the query."""
        return (key >= self.first_key(position, tokens)[:, :, None]) | (key < self.sinks)

    def counted_twice(self, tokens):
        """[rows, 1, 1]: rows whose near keys are linear too, as published for texts that fit into the window."""
        return ((tokens <= self.length) & (self.shape == "terraced-end"))[:, None, None]


class HybridMixer(Mixer):
    """Softmax inside the window and on the sinks, features outside, one denominator. The row's maximum is taken out of the
    softmax part alone: it is part of the model."""

    def __init__(self, config, layer):
        shape, length, self.sinks = config.option("window_shape"), config.option("window"), config.option("sinks")
        if shape not in ("sliding", "terraced", "terraced-end"):
            raise ValueError(f"The window shape “{shape}” is not one of sliding, terraced, terraced-end.")
        other = config.option("decode_window")
        self.reading = Window(shape, length, self.sinks)
        slides = other or shape == "terraced-end"
        self.writing = Window("sliding" if slides else shape, other or length, self.sinks)
        self.kept = max(self.reading.reach, self.writing.reach)

    @staticmethod
    def factors(layer, like):
        def per_head(name, inverse, plain):
            learned = getattr(layer, name, None)
            return plain if learned is None else inverse(learned.to(like))

        gamma = per_head("window_factor", torch.sigmoid, layer.config.option("window_factor"))
        if layer.config.option("linear_factor_affine"):
            return gamma, 1 - gamma
        return gamma, per_head("linear_factor", torch.exp, layer.config.option("linear_factor"))

    def empty(self, layer, k):
        rows, kv, _, size = k.shape
        new = lambda tokens: k.new_zeros(rows, kv, tokens, size, dtype=compute_type(k))
        phi = features(layer, k.new_zeros(1, layer.heads, 1, size), "k").size(-1)
        return {
            "sink_k": new(self.sinks), "sink_v": new(self.sinks), "recent_k": new(self.kept), "recent_v": new(self.kept),
            "sums": k.new_zeros(rows, layer.heads, phi, size + 1, dtype=compute_type(k)),
        }  # fmt: skip

    def chunk(self, layer, q, k, v, start, count, state, prompt):
        kind, tokens, device = compute_type(q), q.size(2), q.device
        window, whole = (self.writing, start) if prompt is None else (self.reading, prompt)
        k, v = k.to(kind), v.to(kind)
        steps = torch.arange(tokens, device=device)
        position = start[:, None] + steps
        query = position[:, :, None]
        recent = start[:, None] - self.kept + torch.arange(self.kept, device=device)
        sink = torch.arange(self.sinks, device=device).expand(len(start), -1)
        key = torch.cat([sink, recent, position], 1)[:, None, :]
        there = torch.cat([sink < start[:, None], recent >= self.sinks, torch.ones_like(position, dtype=torch.bool)], 1)
        seen = there[:, None, :] & (key <= query)
        near = seen & window.near(position, key, whole)

        own_k, own_v = torch.cat([state["recent_k"], k], 2), torch.cat([state["recent_v"], v], 2)
        softmax = self.softmax_sums(
            layer, q.to(kind), torch.cat([state["sink_k"], own_k], 2), torch.cat([state["sink_v"], own_v], 2), near
        )
        phi_q = features(layer, q, "q")
        values = with_ones(repeat_heads(own_v, layer.heads))
        linear = phi_q @ state["sums"]
        if tokens > 1 or window.shape != "sliding" or window.reach < self.kept:
            far = (seen & (~near | window.counted_twice(whole)))[:, :, self.sinks :]
            phi_k = features(layer, repeat_heads(own_k, layer.heads), "k")
            linear = linear + ((phi_q @ phi_k.transpose(2, 3)) * far[:, None]) @ values
        else:
            phi_k = features(layer, repeat_heads(own_k[:, :, :1], layer.heads), "k")
        gamma, factor = self.factors(layer, phi_q)
        sums = gamma * softmax + factor * linear
        y = sums[..., :-1] / sums[..., -1:]

        leaves = (steps < count[:, None]) & (key[:, 0, self.sinks : self.sinks + tokens] >= self.sinks)
        left = phi_k[:, :, :tokens] * leaves[:, None, :, None]
        stays = count[:, None] + torch.arange(self.kept, device=device)
        slot = sink - start[:, None]
        new = ((slot >= 0) & (slot < count[:, None]))[:, None, :, None]
        slot = slot.clamp(0, tokens - 1)
        return y, {
            "sink_k": torch.where(new, take(k, slot), state["sink_k"]),
            "sink_v": torch.where(new, take(v, slot), state["sink_v"]),
            "recent_k": take(own_k, stays), "recent_v": take(own_v, stays),
            "sums": state["sums"] + left.transpose(2, 3) @ values[:, :, :tokens],
        }  # fmt: skip

    @staticmethod
    def softmax_sums(layer, q, k, v, near):
        rows, heads, tokens, size = q.shape
        grouped = q.reshape(rows, k.size(1), -1, tokens, size) / math.sqrt(size)
        scores = (grouped @ k[:, :, None].transpose(3, 4)).masked_fill(~near[:, None, None], -math.inf)
        e = torch.exp(scores - scores.amax(-1, keepdim=True))
        return (e @ with_ones(v)[:, :, None]).reshape(rows, heads, tokens, size + 1)

    def weights(self, layer, q, k, count):
        position = torch.arange(q.size(2), device=q.device)
        seen = position <= position[:, None]
        near = seen & self.reading.near(position.expand(len(count), -1), position, count)
        far = seen & (~near | self.reading.counted_twice(count))
        scores = (q @ k.transpose(2, 3) / math.sqrt(q.size(3))).masked_fill(~near[:, None], -math.inf)
        gamma, factor = self.factors(layer, q)
        softmax = gamma * torch.exp(scores - scores.amax(-1, keepdim=True))
        linear = factor * (features(layer, q, "q") @ features(layer, k, "k").transpose(2, 3)) * far[:, None]
        return (softmax + linear) / (softmax + linear).sum(-1, keepdim=True)


class LinearMixer(Mixer):
    """Features alone."""

    def empty(self, layer, k):
        phi = features(layer, k.new_zeros(1, layer.heads, 1, k.size(3)), "k").size(-1)
        return {"sums": k.new_zeros(k.size(0), layer.heads, phi, k.size(3) + 1, dtype=compute_type(k))}

    def chunk(self, layer, q, k, v, start, count, state, prompt):
        phi_q, phi_k = features(layer, q, "q"), features(layer, repeat_heads(k, layer.heads), "k")
        values = with_ones(repeat_heads(v.to(phi_q.dtype), layer.heads))
        sums = (phi_q @ phi_k.transpose(2, 3)).tril() @ values + phi_q @ state["sums"]
        real = torch.arange(q.size(2), device=q.device) < count[:, None]
        added = (phi_k * real[:, None, :, None]).transpose(2, 3) @ values
        return sums[..., :-1] / (sums[..., -1:] + EPSILON), {"sums": state["sums"] + added}

    def weights(self, layer, q, k, count):
        products = (features(layer, q, "q") @ features(layer, k, "k").transpose(2, 3)).tril()
        return products / (products.sum(-1, keepdim=True) + EPSILON)


class SoftmaxMixer(Mixer):
    """A layer left as it was made, with its own sliding window where it has one; its state grows with the text."""

    def __init__(self, config, layer):
        windows = config.lolcats.get("softmax_window")
        self.window = windows[layer] if windows else 0

    def empty(self, layer, k):
        none = k[:, :, :0]
        return {"k": none, "v": none, "position": none.new_zeros(k.size(0), 0, dtype=torch.long)}

    def chunk(self, layer, q, k, v, start, count, state, prompt):
        query = start[:, None] + torch.arange(q.size(2), device=q.device)
        k, v = torch.cat([state["k"], k], 2), torch.cat([state["v"], v], 2)
        key = torch.cat([state["position"], query], 1)
        seen = (key[:, None, :] <= query[:, :, None]) & (key[:, None, :] >= 0)
        if self.window:
            seen = seen & (key[:, None, :] > query[:, :, None] - self.window)
        y = functional.scaled_dot_product_attention(
            q, repeat_heads(k, layer.heads), repeat_heads(v, layer.heads), attn_mask=seen[:, None]
        )
        real = query < (start + count)[:, None]
        return y, {"k": k, "v": v, "position": torch.cat([state["position"], query.masked_fill(~real, -1)], 1)}

    def weights(self, layer, q, k, count):
        position = torch.arange(q.size(2), device=q.device)
        seen = position <= position[:, None]
        if self.window:
            seen = seen & (position > position[:, None] - self.window)
        return torch.softmax((q @ k.transpose(2, 3) / math.sqrt(q.size(3))).masked_fill(~seen, -math.inf), -1)


MIXERS = {"hybrid": HybridMixer, "linear": LinearMixer, "softmax": SoftmaxMixer}
