// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tensors of oracle files as they are stored, doubles kept; and the tiny model that many oracles speak of.

#include "core/families/model_family.h"
#include "core/files/model_source.h"
#include "core/files/safetensors.h"
#include "core/model/decoder_model.h"
#include "core/model/model_loading.h"
#include "tests/support/oracles.h"

#include <ATen/ATen.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace lolcats::testing {

inline at::Tensor oracleTensor(const SafetensorsFile& file, const std::string& name) {
    const SafetensorsEntry* entry = file.find(name);
    if (entry == nullptr)
        throw std::runtime_error(file.path() + " has no tensor " + name);
    const at::ScalarType type = entry->dtype == "F64"   ? at::kDouble
                                : entry->dtype == "F32" ? at::kFloat
                                : entry->dtype == "I32" ? at::kInt
                                                        : at::kLong;
    at::Tensor tensor = at::empty(entry->shape, at::dtype(type));
    const std::vector<std::byte> bytes = file.read(*entry);
    if (bytes.size() != tensor.nbytes())
        throw std::runtime_error(file.path() + ": " + name + " is no " + entry->dtype);
    std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    return tensor;
}

inline double largestDifference(const at::Tensor& a, const at::Tensor& b) {
    if (!a.sizes().equals(b.sizes()))
        throw std::runtime_error("shapes differ");
    return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}
// Largest difference over the largest entry of b.
inline double relativeDifference(const at::Tensor& a, const at::Tensor& b) {
    return largestDifference(a, b) / b.to(at::kDouble).abs().max().item<double>();
}

inline DecoderModel modelAt(const std::string& path, const std::string& dtype = "float32") {
    const auto source = openModelSource(path);
    return loadModel(*source, checkModel(*source), dtype, "cpu", [](double) { return true; });
}

inline bool hasTinyLlama() {
    return std::filesystem::exists(oraclesFolder() + "/tiny-llama/config.json");
}
inline DecoderModel tinyLlama() {
    return modelAt(oraclesFolder() + "/tiny-llama");
}

// The same model in float64, so that what is left of a difference to an oracle is a difference of meaning.
inline DecoderModel widened(const DecoderModel& model) {
    const auto wide = [](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(at::kDouble) : tensor; };
    std::vector<DecoderBlock> blocks = model.blocks();
    for (DecoderBlock& block : blocks) {
        for (at::Tensor* tensor : {&block.attentionNorm, &block.feedForwardNorm, &block.gate, &block.up, &block.down,
                                   &block.gateBias, &block.upBias, &block.downBias, &block.qNorm, &block.kNorm, &block.router})
            *tensor = wide(*tensor);
        for (Expert& expert : block.experts)
            expert = {wide(expert.gate), wide(expert.up), wide(expert.down)};
        for (Projection* projection : {&block.q, &block.k, &block.v, &block.o}) {
            projection->weight = wide(projection->weight);
            projection->bias = wide(projection->bias);
        }
    }
    return DecoderModel(model.shape(), wide(model.embedding()), wide(model.finalNorm()), wide(model.head()), std::move(blocks));
}

} // namespace lolcats::testing
