# SPDX-License-Identifier: Apache-2.0
"""A decoder whose softmax attention was replaced by the LoLCATs layer (or by linear attention alone), in plain PyTorch.

One form serves prompts and single tokens: a call is cut into chunks, and a chunk reads the state before it and itself. A state
has one size for good, except in layers that were kept softmax. Padding is taken out before the layers and put back behind them,
so a row may be padded on either side: a token's position is its number among the real tokens of its row.
"""

import json
import math
import os

import torch
from torch import nn
from torch.nn import functional
from transformers import GenerationMixin, PreTrainedModel
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from .attention_lolcats import ACTIVATIONS, MIXERS, compute_type, repeat_heads
from .configuration_lolcats import LolcatsConfig

CHUNK = 128  # tokens that a layer mixes at once


class LolcatsCache(Cache):
    """One dictionary of tensors a layer, rows first; `tokens` counts the real tokens of each row, `columns` all of them."""

    def __init__(self):
        super().__init__(layers=[])
        self.states, self.tokens, self.columns = {}, None, 0

    def get_seq_length(self, layer_idx=0):
        return self.columns

    def get_max_cache_shape(self, layer_idx=0):
        return -1

    def bytes(self):
        return sum(t.numel() * t.element_size() for state in self.states.values() for t in state.values())

    def change_rows(self, change):
        self.states = {i: {name: change(t) for name, t in state.items()} for i, state in self.states.items()}
        self.tokens = None if self.tokens is None else change(self.tokens)

    def reorder_cache(self, beam_idx):
        self.change_rows(lambda t: t.index_select(0, beam_idx.to(t.device)))

    def batch_select_indices(self, indices):
        self.change_rows(lambda t: t[indices.to(t.device)])

    def batch_repeat_interleave(self, repeats):
        self.change_rows(lambda t: t.repeat_interleave(repeats, 0))

    def crop(self, max_length):
        raise ValueError("The state of a linear layer cannot be shortened: tokens are summed up in it.")


class LolcatsNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        y = x.to(compute_type(x))
        return self.weight * (y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype)


def linear(config, name, inputs, outputs):
    given = config.lolcats.get("biases") or []
    return nn.Linear(inputs, outputs, bias=name in given)


class LolcatsAttention(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.config, self.layer, self.heads, self.size = config, layer, config.num_attention_heads, config.head_dim
        word, kv = config.attention_of(layer), config.num_key_value_heads
        if word not in MIXERS:
            raise ValueError(f"The attention “{word}” is not one of {', '.join(MIXERS)}.")
        self.mixer = MIXERS[word](config)
        self.feature_map, self.options = config.lolcats.get("feature_map"), config.lolcats.get("options") or {}
        self.q_proj = linear(config, "self_attn.q_proj", config.hidden_size, self.heads * self.size)
        self.k_proj = linear(config, "self_attn.k_proj", config.hidden_size, kv * self.size)
        self.v_proj = linear(config, "self_attn.v_proj", config.hidden_size, kv * self.size)
        self.o_proj = linear(config, "self_attn.o_proj", self.heads * self.size, config.hidden_size)
        if config.lolcats.get("head_norms"):
            self.q_norm = LolcatsNorm(self.size, config.rms_norm_eps)
            self.k_norm = LolcatsNorm(self.size, config.rms_norm_eps)
        if word != "softmax":
            if self.feature_map not in ACTIVATIONS:
                raise ValueError(f"The feature map “{self.feature_map}” is not one of {', '.join(ACTIVATIONS)}.")
            for name, shape in (config.lolcats.get("tensors") or {}).items():
                self.register_parameter(name, nn.Parameter(torch.zeros(shape, dtype=torch.float32)))

    def forward(self, x, cosine, sine, tokens, counts, cache, output_attentions):
        rows, length, _ = x.shape
        split = lambda y: y.view(rows, length, -1, self.size)
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x)).transpose(1, 2)
        if hasattr(self, "q_norm"):
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotated(q.transpose(1, 2), cosine, sine), rotated(k.transpose(1, 2), cosine, sine)
        state = cache.states.get(self.layer) or self.mixer.empty(self, k)
        pieces = []
        for first in range(0, length, CHUNK):
            part = [t[:, :, first : first + CHUNK] for t in (q, k, v)]
            before = counts.clamp_max(first)
            count = (counts - first).clamp(0, part[0].size(2))
            y, state = self.mixer.chunk(self, *part, tokens + before, count, state)
            pieces.append(y)
        cache.states[self.layer] = state
        y = torch.cat(pieces, 2).to(x.dtype).transpose(1, 2).reshape(rows, length, -1)
        weights = None
        if output_attentions:
            kind = compute_type(q)
            weights = self.mixer.weights(self, q.to(kind), repeat_heads(k.to(kind), self.heads))
        return self.o_proj(y), weights


def rotated(x, cosine, sine):
    first, second = x.to(cosine.dtype).chunk(2, -1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1).to(x.dtype)


def inverse_frequencies(config):
    """head_dim / 2 numbers, in double."""
    rope, size = config.rope_parameters, config.head_dim
    frequencies = [rope["rope_theta"] ** (-2.0 * i / size) for i in range(size // 2)]
    kind, factor = rope["rope_type"], rope.get("factor", 1.0)
    if kind == "default":
        return frequencies
    if kind == "linear":
        return [f / factor for f in frequencies]
    if kind != "llama3":
        raise ValueError(f"Rotary scaling of the type “{kind}” is not known; default, linear and llama3 are.")
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]

    def scaled(f):
        share = min(1.0, max(0.0, (original * f / (2 * math.pi) - low) / (high - low)))
        return (1 - share) * f / factor + share * f

    return [scaled(f) for f in frequencies]


class LolcatsFeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = linear(config, "mlp.gate_proj", config.hidden_size, config.intermediate_size)
        self.up_proj = linear(config, "mlp.up_proj", config.hidden_size, config.intermediate_size)
        self.down_proj = linear(config, "mlp.down_proj", config.intermediate_size, config.hidden_size)
        self.activation = ACT2FN[config.hidden_act]

    def forward(self, x):
        return self.down_proj(self.activation(self.gate_proj(x)) * self.up_proj(x))


class LolcatsBlock(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.self_attn = LolcatsAttention(config, layer)
        self.mlp = LolcatsFeedForward(config)
        self.input_layernorm = LolcatsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = LolcatsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x, **call):
        call = {name: t.to(x.device) if torch.is_tensor(t) else t for name, t in call.items()}
        mixed, weights = self.self_attn(self.input_layernorm(x), **call)
        x = x + mixed
        return x + self.mlp(self.post_attention_layernorm(x)), weights


class LolcatsPreTrainedModel(PreTrainedModel):
    config_class = LolcatsConfig
    base_model_prefix = "model"
    _no_split_modules = ["LolcatsBlock"]
    _skip_keys_device_placement = ["past_key_values"]
    _is_stateful = True

    def __init__(self, config, *others, **words):
        super().__init__(config, *others, **words)
        self._keep_in_fp32_modules_strict = sorted(config.lolcats.get("tensors") or {})  # what was trained stays exact

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, 0.0, self.config.initializer_range)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)


def refuse_what_is_not_here(config):
    """Lolcats Workbench has options that this file does not know; a wrong answer would be worse than none."""
    kept = any(config.attention_of(layer) == "softmax" for layer in range(config.num_hidden_layers))
    unknown = {
        f"the window shape {config.option('window_shape')}": config.option("window_shape") not in ("sliding", "terraced"),
        "factors that sum to one": config.option("linear_factor_affine"),
        "a window of its own while writing": config.option("decode_window"),
        "text chunks that end its windows": config.option("text_chunk"),
        "the older combination of window and linear part": config.option("combination") == "ratio",
        "mixtures of experts": getattr(config, "num_local_experts", 0),
        "softmax layers with a sliding window": kept and getattr(config, "sliding_window", None)
        and not config.lolcats.get("softmax_window"),
    }
    for what, present in unknown.items():
        if present:
            raise NotImplementedError(f"This model has {what}, which this file cannot compute; Lolcats Workbench can.")


class LolcatsModel(LolcatsPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        refuse_what_is_not_here(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList([LolcatsBlock(config, layer) for layer in range(config.num_hidden_layers)])
        self.norm = LolcatsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_init()

    def rotations(self, tokens, length, divisors, like):
        inverse = torch.tensor(inverse_frequencies(self.config), dtype=torch.float64, device="cpu")
        if divisors is not None:
            inverse = inverse / divisors.detach().to("cpu", torch.float64)
        positions = tokens[:, None] + torch.arange(length, device=tokens.device)
        angles = positions[:, None, :, None].to(compute_type(like)) * inverse.to(tokens.device, compute_type(like))
        return angles.cos(), angles.sin()

    def forward(
        self, input_ids=None, attention_mask=None, past_key_values=None, inputs_embeds=None, use_cache=None,
        output_attentions=None, output_hidden_states=None, rope_freqs=None, **ignored,
    ):  # fmt: skip
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = past_key_values if isinstance(past_key_values, LolcatsCache) else LolcatsCache()
        rows, length, _ = x.shape
        if output_attentions and cache.columns:
            raise ValueError("Attention weights are those of a whole text: ask for them without past_key_values.")
        order, back, counts = placement(attention_mask, rows, length, x.device)
        if order is not None:
            x = x.gather(1, order[:, :, None].expand_as(x))
        tokens = counts.new_zeros(rows) if cache.tokens is None else cache.tokens.to(x.device)
        cosine, sine = self.rotations(tokens, length, rope_freqs, x)
        restored = lambda y: y if back is None else y.gather(1, back[:, :, None].expand_as(y))
        hidden, attentions = [restored(x)] if output_hidden_states else None, []
        for block in self.layers:
            x, weights = block(
                x, cosine=cosine, sine=sine, tokens=tokens, counts=counts, cache=cache, output_attentions=output_attentions
            )
            if output_hidden_states:
                hidden.append(restored(x))
            if output_attentions:
                attentions.append(weights if back is None else unpadded(weights, back, attention_mask))
        x = restored(self.norm(x))
        if output_hidden_states:
            hidden[-1] = x  # behind the norm, as elsewhere
        cache.tokens, cache.columns = tokens + counts, cache.columns + length
        wanted = self.config.use_cache if use_cache is None else use_cache
        return BaseModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=cache if wanted else None,
            hidden_states=tuple(hidden) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )


def placement(attention_mask, rows, length, device):
    """How real tokens move to the front of their row, how all move back, and how many are real. None: nothing moves."""
    if attention_mask is None:
        return None, None, torch.full((rows,), length, device=device)
    if attention_mask.dim() != 2:
        raise ValueError("The attention mask has to be [batch, tokens], 1 for a token and 0 for padding.")
    real = attention_mask[:, -length:].to(device).bool()
    counts = real.sum(1)
    if bool(real.all()):
        return None, None, counts
    order = torch.argsort((~real).long(), dim=1, stable=True)
    return order, torch.argsort(order, dim=1), counts


def unpadded(weights, back, mask):
    rows = back[:, None, :, None].expand(-1, weights.size(1), -1, weights.size(3))
    columns = back[:, None, None, :].expand_as(weights)
    real = mask.to(weights.device, weights.dtype)
    return weights.gather(2, rows).gather(3, columns) * real[:, None, :, None] * real[:, None, None, :]


class LolcatsForCausalLM(LolcatsPreTrainedModel, GenerationMixin):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        self.model = LolcatsModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.lolcats.get("rope_freqs"):
            self.rope_freqs = nn.ParameterDict({"weight": nn.Parameter(torch.ones(config.head_dim // 2), requires_grad=False)})
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def set_input_embeddings(self, value):
        self.model.embed_tokens = value

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def prepare_inputs_for_generation(
        self, input_ids, past_key_values=None, attention_mask=None, inputs_embeds=None, use_cache=True, **others
    ):
        cache = past_key_values if isinstance(past_key_values, LolcatsCache) else None
        seen = 0 if cache is None else cache.columns
        inputs = {"past_key_values": cache, "attention_mask": attention_mask, "use_cache": use_cache}
        if inputs_embeds is not None and seen == 0:
            return inputs | {"inputs_embeds": inputs_embeds}
        fresh = input_ids.size(1) if inputs_embeds is None else 1
        return inputs | {"input_ids": input_ids[:, seen:] if inputs_embeds is None else input_ids[:, -fresh:]}

    def forward(
        self, input_ids=None, attention_mask=None, past_key_values=None, inputs_embeds=None, labels=None, use_cache=None,
        output_attentions=None, output_hidden_states=None, return_dict=None, logits_to_keep=0, **others,
    ):  # fmt: skip
        config = self.config
        freqs = getattr(self, "rope_freqs", None)
        out = self.model(
            input_ids, attention_mask, past_key_values, inputs_embeds, use_cache,
            config.output_attentions if output_attentions is None else output_attentions,
            config.output_hidden_states if output_hidden_states is None else output_hidden_states,
            rope_freqs=None if freqs is None else freqs["weight"],
        )  # fmt: skip
        x = out.last_hidden_state
        if isinstance(logits_to_keep, int):
            x = x[:, -logits_to_keep:] if logits_to_keep else x
        else:
            x = x[:, logits_to_keep]
        logits = self.lm_head(x)
        loss = None
        if labels is not None:
            loss = functional.cross_entropy(
                logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten().to(logits.device), ignore_index=-100
            )
        answer = CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=out.past_key_values, hidden_states=out.hidden_states,
            attentions=out.attentions,
        )  # fmt: skip
        return answer.to_tuple() if return_dict is False else answer


def load_with_adapters(base, adapters, **words):
    """The student of an export of adapters: the base model's weights, the linear layers, and LoRA on top, by peft.

    `base` and `adapters` are folders; `words` go to from_pretrained."""
    described, maps = os.path.join(adapters, "linear_attention.json"), os.path.join(adapters, "feature_maps.safetensors")
    for path in (described, maps):
        if not os.path.exists(path):
            raise FileNotFoundError(f"{path} is missing: these adapters were trained on linear layers and fit no others.")
    from peft import PeftModel
    from safetensors.torch import load_file

    with open(described, encoding="utf-8") as file:
        config = LolcatsConfig.from_dict(json.load(file))
    model = LolcatsForCausalLM.from_pretrained(base, config=config, **words)
    places = {
        f"model.layers.{block.self_attn.layer}.self_attn.{name}": getattr(block.self_attn, name)
        for block in model.model.layers
        for name in (config.lolcats.get("tensors") or {})
        if hasattr(block.self_attn, name)
    }
    tensors = load_file(maps)
    if sorted(tensors) != sorted(places):
        raise ValueError(f"{maps} and {described} do not belong together.")
    with torch.no_grad():
        for name, tensor in tensors.items():
            places[name].copy_(tensor)
    return PeftModel.from_pretrained(model, adapters)
