// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_loading.h"

#include "core/families/decoder_config.h"
#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace lolcats {

namespace {

at::ScalarType scalarType(const std::string& dtype) {
    if (dtype == "float32")
        return at::kFloat;
    if (dtype == "bfloat16")
        return at::kBFloat16;
    throw Refusal("PLAN-DTYPE", "Weights cannot be held as \"" + dtype + "\".", "Take float32 or bfloat16.");
}

at::Device deviceNamed(const std::string& device) {
    if (device == "cpu")
        return at::Device(at::kCPU);
    if (device.rfind("cuda", 0) == 0 && at::hasCUDA())
        return at::Device(device);
    throw Refusal("RES-DEVICE", "There is no device \"" + device + "\" on this machine that the engine can use.",
                  "Take the device cpu.");
}

std::int64_t elements(const ExpectedTensor& tensor) {
    return std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>());
}

enum class Reads { Values, StandIns };

class WeightReader {
public:
    WeightReader(const ModelSource& source, const CheckedModel& checked, at::ScalarType type, at::Device device,
                 const std::function<bool(double)>& goOn, Reads reads = Reads::Values)
        : m_source(source), m_type(type), m_device(device), m_goOn(goOn), m_reads(reads) {
        for (const ExpectedTensor& tensor : checked.family->tensors(checked.shape)) {
            m_expected.emplace(tensor.name, tensor);
            m_total += elements(tensor);
        }
    }

    // Undefined where the family expects no such tensor (a bias). Vectors stay float32: they take part in sums, not products.
    at::Tensor read(const std::string& name) {
        const auto found = m_expected.find(name);
        if (found == m_expected.end())
            return {};
        if (m_goOn && !m_goOn(static_cast<double>(m_done) / static_cast<double>(std::max<std::int64_t>(m_total, 1))))
            throw Refusal("INT-STOPPED", "Reading the weights of " + m_source.path() + " was stopped.", "Start it again.");
        const bool isNorm = found->second.shape.size() == 1 && name.ends_with("weight");
        const at::ScalarType type = isNorm ? at::kFloat : m_type;
        if (m_reads == Reads::StandIns) // of the right size and type, in the memory of one number
            return at::zeros({1}, at::device(m_device).dtype(type)).expand(found->second.shape);
        const at::Tensor floats = at::empty(found->second.shape, at::kFloat);
        m_source.readFloats(name, {floats.data_ptr<float>(), static_cast<std::size_t>(floats.numel())});
        m_done += floats.numel();
        return floats.to(m_device, type);
    }

    Projection projection(const std::string& name) {
        Projection projection;
        projection.weight = read(name + ".weight");
        projection.bias = read(name + ".bias");
        return projection;
    }

private:
    const ModelSource& m_source;
    at::ScalarType m_type;
    at::Device m_device;
    std::function<bool(double)> m_goOn;
    Reads m_reads;
    std::map<std::string, ExpectedTensor> m_expected;
    std::int64_t m_total = 0, m_done = 0;
};

DecoderBlock readBlock(WeightReader& reader, std::int64_t layer, std::int64_t experts) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    DecoderBlock block;
    block.attentionNorm = reader.read(prefix + "input_layernorm.weight");
    block.q = reader.projection(prefix + "self_attn.q_proj");
    block.k = reader.projection(prefix + "self_attn.k_proj");
    block.v = reader.projection(prefix + "self_attn.v_proj");
    block.o = reader.projection(prefix + "self_attn.o_proj");
    block.feedForwardNorm = reader.read(prefix + "post_attention_layernorm.weight");
    block.qNorm = reader.read(prefix + "self_attn.q_norm.weight");
    block.kNorm = reader.read(prefix + "self_attn.k_norm.weight");
    block.gate = reader.read(prefix + "mlp.gate_proj.weight");
    block.gateBias = reader.read(prefix + "mlp.gate_proj.bias");
    block.up = reader.read(prefix + "mlp.up_proj.weight");
    block.upBias = reader.read(prefix + "mlp.up_proj.bias");
    block.down = reader.read(prefix + "mlp.down_proj.weight");
    block.downBias = reader.read(prefix + "mlp.down_proj.bias");
    block.router = reader.read(prefix + kRouterName);
    for (std::int64_t index = 0; index < experts; ++index) {
        const ExpertNames names = expertNames(index);
        block.experts.push_back(
            {reader.read(prefix + names.gate), reader.read(prefix + names.up), reader.read(prefix + names.down)});
    }
    return block;
}

// The weights of one block, the mixer and the adapters of the other.
DecoderBlock withMixerAndAdapters(DecoderBlock weights, const DecoderBlock& block) {
    weights.mixer = block.mixer;
    for (const auto member : {&DecoderBlock::q, &DecoderBlock::k, &DecoderBlock::v, &DecoderBlock::o}) {
        Projection whole = block.*member;
        whole.weight = (weights.*member).weight;
        whole.bias = (weights.*member).bias;
        weights.*member = whole;
    }
    return weights;
}

// Softmax keeps nothing of its own, so one mixer serves all layers of a window.
class SharedMixers {
public:
    SharedMixers(const DecoderShape& shape, at::Device device)
        : m_shape{shape.heads, shape.kvHeads, shape.headDim, 0, at::device(device).dtype(at::kFloat)} {}
    std::shared_ptr<const AttentionMixer> of(std::int64_t window) {
        std::shared_ptr<const AttentionMixer>& mixer = m_mixers[window];
        if (mixer == nullptr) {
            m_shape.ownWindow = window;
            mixer = makeMixer("softmax", m_shape, "", {});
        }
        return mixer;
    }

private:
    MixerShape m_shape;
    std::map<std::int64_t, std::shared_ptr<const AttentionMixer>> m_mixers;
};

} // namespace

namespace {

DecoderModel assembled(WeightReader& ends, WeightReader& inside, const DecoderShape& shape) {
    const at::Tensor embedding = ends.read("model.embed_tokens.weight");
    SharedMixers mixers(shape, embedding.device());
    std::vector<DecoderBlock> blocks;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        blocks.push_back(readBlock(inside, layer, shape.experts.count));
        blocks.back().mixer = mixers.of(shape.windows.empty() ? 0 : shape.windows[static_cast<std::size_t>(layer)]);
    }
    const at::Tensor finalNorm = ends.read("model.norm.weight");
    const at::Tensor head = shape.tied ? embedding : ends.read("lm_head.weight");
    return DecoderModel(shape, embedding, finalNorm, head, std::move(blocks));
}

} // namespace

DecoderModel loadModel(const ModelSource& source, const CheckedModel& checked, const std::string& dtype,
                       const std::string& device, const std::function<bool(double)>& goOn) {
    const at::NoGradGuard guard;
    WeightReader reader(source, checked, scalarType(dtype), deviceNamed(device), goOn);
    return assembled(reader, reader, checked.shape);
}

DecoderModel openModel(const std::shared_ptr<const ModelSource>& source, const CheckedModel& checked, const std::string& dtype,
                       const std::string& device) {
    const at::NoGradGuard guard;
    const at::ScalarType type = scalarType(dtype);
    const at::Device place = deviceNamed(device);
    WeightReader ends(*source, checked, type, place, {}), inside(*source, checked, type, place, {}, Reads::StandIns);
    DecoderModel model = assembled(ends, inside, checked.shape);
    model.setBlockWeights([source, checked, type, place](std::int64_t layer, DecoderBlock& block) {
        const at::NoGradGuard noGrad;
        WeightReader reader(*source, checked, type, place, {});
        block = withMixerAndAdapters(readBlock(reader, layer, checked.shape.experts.count), block);
    });
    return model;
}

} // namespace lolcats
