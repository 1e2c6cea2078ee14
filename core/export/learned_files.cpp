// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/learned_files.h"

#include "core/families/model_family.h"
#include "core/model/lora.h"
#include "core/training/checkpointing.h"

#include <torch/types.h>

namespace lolcats {

std::vector<SafetensorsSource> floatSources(const std::vector<NamedTensor>& tensors, const Renaming& renamed) {
    std::vector<SafetensorsSource> sources;
    for (const NamedTensor& named : tensors)
        sources.push_back({renamed(named.name), "F32", named.tensor.sizes().vec(), [tensor = named.tensor] {
                               const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
                               const auto* bytes = static_cast<const std::byte*>(plain.data_ptr());
                               return std::vector<std::byte>(bytes, bytes + plain.nbytes());
                           }});
    return sources;
}

void readFloats(const SafetensorsFile& file, const std::vector<NamedTensor>& tensors, const Renaming& renamed) {
    for (const NamedTensor& named : tensors) {
        std::vector<float> values = file.readFloats(renamed(named.name));
        named.tensor.data().copy_(at::from_blob(values.data(), named.tensor.sizes(), at::kFloat));
    }
}

LearnedBytes learnedBytes(const ModelSource& source, const ConversionPlan& plan) {
    DecoderShape shape = checkModel(source).shape;
    const std::int64_t queries = shape.heads * shape.headDim, keys = shape.kvHeads * shape.headDim;
    LearnedBytes bytes;
    for (const std::string& target : loraTargets(plan.targets))
        bytes.lora += 4 * shape.layers * plan.rank * (shape.hidden + (target == "q" || target == "o" ? queries : keys));
    const std::int64_t converted = shape.layers - static_cast<std::int64_t>(plan.keepSoftmax.size());
    ConversionPlan one = plan;
    one.keepSoftmax.clear();
    shape.layers = 1;
    for (const NamedTensor& named : studentTensors(makeStudents(one, shape)))
        bytes.maps += 4 * converted * named.tensor.numel();
    return bytes;
}

} // namespace lolcats
