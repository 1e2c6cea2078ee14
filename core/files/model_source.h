// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where a model's weights come from: a Hugging Face directory or a GGUF file, both seen as a Hugging Face model.
// A GGUF's metadata is told as a config.json and a tokenizer.json, its tensors under Hugging Face names and in their row order.

#include "core/files/json_file.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lolcats {

struct StoredTensor {
    std::string name;                // "model.layers.0.self_attn.q_proj.weight"
    std::vector<std::int64_t> shape; // row-major, as PyTorch has it
    std::string type;                // "F32", "BF16", "Q4_1"
    std::uint64_t bytes = 0;         // as stored
};

class ModelSource {
public:
    virtual ~ModelSource() = default;
    virtual const std::string& path() const = 0;
    virtual std::string format() const = 0; // "gguf", "huggingface"
    virtual std::string name() const = 0;   // for a person: general.name, or the folder's name
    virtual const Json& config() const = 0; // as config.json has it; a GGUF's is made from its metadata
    virtual const std::vector<StoredTensor>& tensors() const = 0;
    const StoredTensor* find(const std::string& name) const; // null: not there
    // Dequantised to float32, row-major, `out` exactly as large as the tensor. Refuses what it does not hold.
    virtual void readFloats(const std::string& name, std::span<float> out) const = 0;
    // The text of tokenizer.json; a GGUF's is made from its metadata. Refuses (TK-MODEL) when there is none or it has a kind
    // that we cannot write down.
    virtual std::string tokenizerJson() const = 0;
    // Files that an export carries along unchanged: name to content (tokenizer.json, tokenizer_config.json,
    // special_tokens_map.json, generation_config.json, LICENSE…).
    virtual std::map<std::string, std::string> sideFiles() const = 0;
    // The files that hold weights, in order: what a hash of the model covers.
    virtual std::vector<std::string> weightFiles() const = 0;
    virtual std::vector<std::string> notices() const = 0; // "quantised to Q4_1: a damaged teacher", …
};

// Looks at the path itself, never at its name only: a folder with config.json (also a Hugging Face cache folder
// models--owner--name), or a file that begins with GGUF. Pickles, zips, LFS pointers and web pages are refused by content.
std::unique_ptr<ModelSource> openModelSource(const std::string& path);
// One SHA-256 over the weight files; with several: of the text of their hashes.
std::string hashModelSource(const ModelSource& source, const std::function<bool(std::uint64_t)>& goOn);

} // namespace lolcats
