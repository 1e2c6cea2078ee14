// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/lora.h"

#include "core/attention/chunks.h"
#include "core/records/failure.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lolcats {

namespace {

constexpr std::array<const char*, 4> kTargets = {"q", "k", "v", "o"};

Projection& projectionOf(DecoderBlock& block, std::size_t target) {
    const std::array<Projection*, 4> all = {&block.q, &block.k, &block.v, &block.o};
    return *all[target];
}

// Splitmix64: neighbouring seeds, layers and targets give unrelated streams.
std::uint64_t scrambled(std::uint64_t seed, std::uint64_t layer, std::uint64_t target) {
    std::uint64_t z = seed * 0x9E3779B97F4A7C15ULL + (layer * kTargets.size() + target + 1) * 0xD1B54A32D192ED03ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

template <typename Action> void eachAdapter(DecoderModel& model, Action&& action) {
    for (std::size_t layer = 0; layer < model.blocks().size(); ++layer)
        for (std::size_t target = 0; target < kTargets.size(); ++target)
            action(layer, target, projectionOf(model.blocks()[layer], target));
}

} // namespace

std::vector<std::string> loraTargets(const std::string& text) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        std::string word = text.substr(begin, end - begin);
        word.erase(std::remove(word.begin(), word.end(), ' '), word.end());
        const bool known = std::find(kTargets.begin(), kTargets.end(), word) != kTargets.end();
        if (!known || std::find(words.begin(), words.end(), word) != words.end())
            throw Refusal("PLAN-TARGETS",
                          known ? "The adapters' targets name \"" + word + "\" twice."
                                : "\"" + word + "\" is no projection that an adapter can be attached to.",
                          "Write some of q, k, v and o with commas between, such as \"q,k,v,o\".");
        words.push_back(word);
        begin = end + 1;
    }
    return words;
}

void attachLora(DecoderModel& model, const LoraSettings& settings) {
    eachAdapter(model, [&](std::size_t layer, std::size_t target, Projection& projection) {
        if (std::find(settings.targets.begin(), settings.targets.end(), kTargets[target]) == settings.targets.end())
            return;
        const std::int64_t out = projection.weight.size(0), in = projection.weight.size(1);
        if (settings.rank < 1 || settings.rank > std::min(in, out))
            throw Refusal("PLAN-RANK",
                          "Adapters of rank " + std::to_string(settings.rank) + " do not fit the projection " +
                              kTargets[target] + " of layer " + std::to_string(layer) + ", which is " + std::to_string(out) +
                              " by " + std::to_string(in) + ".",
                          "Take a rank between 1 and " + std::to_string(std::min(in, out)) + ".");
        const auto seed = scrambled(static_cast<std::uint64_t>(settings.seed), layer, target);
        at::Generator generator = at::detail::createCPUGenerator(seed);
        const at::TensorOptions options = at::device(projection.weight.device()).dtype(computeType(projection.weight));
        const double bound = 1 / std::sqrt(static_cast<double>(in));
        at::Tensor a = at::empty({settings.rank, in}, options.device(at::kCPU)).uniform_(-bound, bound, generator);
        projection.loraA = a.to(options.device()).requires_grad_(true);
        projection.loraB = at::zeros({out, settings.rank}, options).requires_grad_(true);
        projection.loraScale = settings.alpha / static_cast<double>(settings.rank);
        projection.loraDropout = settings.dropout;
        projection.dropoutSeed = seed;
    });
}

std::vector<NamedTensor> loraTensors(const DecoderModel& model) {
    std::vector<NamedTensor> tensors;
    DecoderModel view = model.shared();
    eachAdapter(view, [&](std::size_t layer, std::size_t target, const Projection& projection) {
        if (!projection.loraA.defined())
            return;
        const std::string name = "lora." + std::to_string(layer) + "." + kTargets[target];
        tensors.push_back({name + ".a", projection.loraA});
        tensors.push_back({name + ".b", projection.loraB});
    });
    return tensors;
}

void setDropoutSeeds(DecoderModel& model, std::uint64_t seed) {
    eachAdapter(model, [&](std::size_t layer, std::size_t target, Projection& projection) {
        projection.dropoutSeed = scrambled(seed, layer, target);
    });
}

void mergeLora(DecoderModel& model) {
    for (DecoderBlock& block : model.blocks())
        mergeLora(block);
}

void mergeLora(DecoderBlock& block) {
    const at::NoGradGuard guard;
    for (std::size_t target = 0; target < kTargets.size(); ++target) {
        Projection& projection = projectionOf(block, target);
        if (!projection.loraA.defined())
            continue;
        const at::Tensor change = at::mm(projection.loraB, projection.loraA) * projection.loraScale;
        projection.weight = (projection.weight.to(change.scalar_type()) + change).to(projection.weight.scalar_type());
        projection.loraA = at::Tensor();
        projection.loraB = at::Tensor();
        projection.loraDropout = 0;
    }
}

} // namespace lolcats
