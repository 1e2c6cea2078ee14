// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = 1 + elu(x), of Katharopoulos et al. 2020. Nothing is learned.
#include "core/attention/chunks.h"
#include "core/attention/feature_map.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart positiveEluPart();

namespace {

class PositiveElu final : public FeatureMap {
public:
    explicit PositiveElu(std::int64_t headDim) : m_headDim(headDim) {}
    std::int64_t features() const override { return m_headDim; }
    at::Tensor queries(const at::Tensor& x) const override { return at::elu(x.to(computeType(x))) + 1; }
    at::Tensor keys(const at::Tensor& x) const override { return queries(x); }
    std::vector<NamedTensor> parameters() const override { return {}; }

private:
    std::int64_t m_headDim;
};

} // namespace

FeatureMapPart positiveEluPart() {
    return {{"positive_elu",
             "Positive ELU",
             "One plus ELU of each number of a query or key; nothing is learned, so only window and linear factors can be.",
             {}},
            [](const FeatureMapShape& shape, const OptionValues&) -> std::unique_ptr<FeatureMap> {
                return std::make_unique<PositiveElu>(shape.headDim);
            }};
}

} // namespace lolcats
