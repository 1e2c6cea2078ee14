// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = [softmax(x W), softmax(-x W)], the softmaxes over the features, each feature at least 1e-12 (Hedgehog, as the
// LoLCATs code has it). One W per query head, for queries and for keys.
#include "core/attention/chunks.h"
#include "core/attention/feature_map.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace lolcats {

FeatureMapPart hedgehogPart();

namespace {

constexpr double kSmallestFeature = 1e-12;

at::Tensor startOf(const FeatureMapShape& shape, std::int64_t size, const std::string& start) {
    if (start == "identity") // rectangular: with fewer features than the head has dimensions, only the first of these are read
        return at::eye(shape.headDim, size).expand({shape.heads, shape.headDim, size}).clone();
    at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(shape.seed));
    at::Tensor w = at::empty({shape.heads, shape.headDim, size});
    if (start == "normal")
        return w.normal_(0, 1, generator);
    const double bound = std::sqrt(6.0 / static_cast<double>(shape.headDim * size)); // torch's fan rule for three dimensions
    return w.uniform_(-bound, bound, generator);
}

class Hedgehog final : public FeatureMap {
public:
    Hedgehog(const FeatureMapShape& shape, std::int64_t size, const std::string& start)
        : m_size(size), m_queries(startOf(shape, size, start).to(shape.tensors)), m_keys(m_queries.clone()) {
        m_queries.set_requires_grad(true);
        m_keys.set_requires_grad(true);
    }
    std::int64_t features() const override { return 2 * m_size; }
    at::Tensor queries(const at::Tensor& x) const override { return map(x, m_queries); }
    at::Tensor keys(const at::Tensor& x) const override { return map(x, m_keys); }
    std::vector<NamedTensor> parameters() const override { return {{"feature_map_q", m_queries}, {"feature_map_k", m_keys}}; }

private:
    at::Tensor map(const at::Tensor& x, const at::Tensor& w) const {
        const at::ScalarType type = computeType(x);
        const at::Tensor z = at::matmul(x.to(type), w.to(type));
        const at::Tensor halves = at::softmax(at::stack({z, -z}, -2), -1);
        return at::clamp_min(halves, kSmallestFeature).flatten(-2);
    }

    std::int64_t m_size;
    at::Tensor m_queries; // [heads, head_dim, size]
    at::Tensor m_keys;
};

OptionDescription featureDim() {
    OptionDescription option;
    option.name = "feature_dim";
    option.title = "Feature size";
    option.kind = OptionKind::Integer;
    option.standard = std::int64_t{64};
    option.minimum = 1;
    option.maximum = 1024;
    option.unit = "columns";
    option.sentence =
        "Columns of the learned map; Hedgehog makes twice as many features of them. The state that a sequence keeps "
        "grows with it.";
    return option;
}

OptionDescription featureStart() {
    OptionDescription option;
    option.name = "feature_start";
    option.title = "Start of the map";
    option.kind = OptionKind::Word;
    option.standard = std::string("identity");
    option.words = {"identity", "kaiming", "normal"};
    option.sentence =
        "What the learned map is before training: identity reads the first dimensions of a head as they are; kaiming "
        "and normal are random.";
    return option;
}

} // namespace

FeatureMapPart hedgehogPart() {
    return {{"hedgehog",
             "Hedgehog",
             "A learned map for each head, then softmax over its columns and over their negatives: features that are spiky as "
             "softmax attention is.",
             {featureDim(), featureStart()}},
            [](const FeatureMapShape& shape, const OptionValues& options) -> std::unique_ptr<FeatureMap> {
                return std::make_unique<Hedgehog>(shape, integerOption(options, "feature_dim"),
                                                  textOption(options, "feature_start"));
            }};
}

} // namespace lolcats
