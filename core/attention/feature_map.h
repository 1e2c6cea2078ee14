// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The map phi of linear attention: what it promises, and the list of maps. Features are never negative.

#include "core/records/choices.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace lolcats {

struct NamedTensor {
    std::string name;
    at::Tensor tensor;
};

class FeatureMap {
public:
    virtual ~FeatureMap() = default;
    virtual std::int64_t features() const = 0; // size of the last dimension that comes out
    // x [batch, heads, tokens, head_dim] to [batch, heads, tokens, features], float32 (float64 for float64).
    virtual at::Tensor queries(const at::Tensor& x) const = 0;
    virtual at::Tensor keys(const at::Tensor& x) const = 0;
    // Learned tensors, leaves that require a gradient; assigning into them (copy_) loads a checkpoint. May be empty.
    virtual std::vector<NamedTensor> parameters() const = 0; // "feature_map_q", "feature_map_k": [heads, head_dim, size]
};

struct FeatureMapShape {
    std::int64_t heads = 0;
    std::int64_t headDim = 0;
    std::int64_t seed = 0;     // of random starts; includes the layer
    at::TensorOptions tensors; // dtype and device of the learned parts
};

struct FeatureMapPart {
    Choice choice;
    std::unique_ptr<FeatureMap> (*make)(const FeatureMapShape& shape, const OptionValues& options);
};
const std::vector<FeatureMapPart>& featureMapParts();
// Every map has the options of `kernelOptions` (learned_kernel.h): what is learned, and gates, are no map's own.
std::unique_ptr<FeatureMap> makeFeatureMap(const std::string& id, const FeatureMapShape& shape, const OptionValues& options);

} // namespace lolcats
