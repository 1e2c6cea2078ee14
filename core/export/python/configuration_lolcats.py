# SPDX-License-Identifier: Apache-2.0
"""What a linearised model is: the sizes of the decoder it was made from, and the object `lolcats` that describes its layers."""

from transformers import PretrainedConfig

# The options of a hybrid layer where config.json has no word for one.
STANDARD_OPTIONS = {
    "window": 64,
    "window_shape": "sliding",
    "sinks": 4,
    "window_factor": 0.9,
    "window_factor_learned": True,
    "linear_factor": 0.049787068367863944,
    "linear_factor_learned": True,
}


class LolcatsConfig(PretrainedConfig):
    """`lolcats` holds: attention ("hybrid", "linear" or "softmax"), feature_map, keep_softmax (layers left as they were),
    options (of attention and feature map), tensors (learned ones of a layer and their shapes), biases (modules of a layer
    that have one), head_norms (queries and keys are normed for each head), rope_freqs (the weights carry divisors)."""

    model_type = "lolcats"
    keys_to_ignore_at_inference = ["past_key_values"]

    def __init__(
        self,
        vocab_size=32000,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=None,
        head_dim=None,
        hidden_act="silu",
        max_position_embeddings=2048,
        initializer_range=0.02,
        rms_norm_eps=1e-6,
        rope_theta=None,
        rope_scaling=None,
        rope_parameters=None,
        use_cache=True,
        tie_word_embeddings=False,
        lolcats=None,
        **others,
    ):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads or num_attention_heads
        self.head_dim = head_dim or hidden_size // num_attention_heads
        self.hidden_act = hidden_act
        self.max_position_embeddings = max_position_embeddings
        self.initializer_range = initializer_range
        self.rms_norm_eps = rms_norm_eps
        self.use_cache = use_cache
        # One form for both spellings of the rotary settings, so that what is saved reads the same in every version.
        rope = dict(rope_scaling or rope_parameters or {})
        kind = rope.pop("type", None)
        rope.setdefault("rope_type", kind or "default")
        rope["rope_theta"] = rope_theta or rope.get("rope_theta") or (rope_parameters or {}).get("rope_theta") or 10000.0
        self.rope_parameters = rope
        self.lolcats = lolcats or {"attention": "softmax", "feature_map": "hedgehog"}
        super().__init__(tie_word_embeddings=tie_word_embeddings, **others)

    def attention_of(self, layer):
        """The word for a layer's attention."""
        return "softmax" if layer in self.lolcats.get("keep_softmax", []) else self.lolcats["attention"]

    def option(self, name):
        options = self.lolcats.get("options") or {}
        return options.get(name, STANDARD_OPTIONS.get(name))
