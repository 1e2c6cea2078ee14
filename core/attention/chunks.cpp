// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/chunks.h"

#include <torch/types.h>

namespace lolcats {

at::ScalarType computeType(const at::Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor repeatHeads(const at::Tensor& x, std::int64_t heads) {
    const std::int64_t kvHeads = x.size(1);
    if (kvHeads == heads)
        return x;
    return x.unsqueeze(2)
        .expand({x.size(0), kvHeads, heads / kvHeads, x.size(2), x.size(3)})
        .reshape({x.size(0), heads, x.size(2), x.size(3)});
}

at::Tensor withOnes(const at::Tensor& values) {
    std::vector<std::int64_t> shape = values.sizes().vec();
    shape.back() = 1;
    return at::cat({values, at::ones(shape, values.options())}, -1);
}

at::Tensor intoChunks(const at::Tensor& x, std::int64_t chunk, std::int64_t before) {
    const std::int64_t count = (x.size(2) + chunk - 1) / chunk;
    const std::int64_t rest = count * chunk - x.size(2);
    const at::Tensor whole = rest == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, rest});
    const at::Tensor chunks = whole.reshape({x.size(0), x.size(1), count, chunk, x.size(3)}).permute({2, 0, 1, 3, 4});
    if (before == 0)
        return chunks.contiguous();
    return at::cat({at::zeros({before, x.size(0), x.size(1), chunk, x.size(3)}, x.options()), chunks}).contiguous();
}

at::Tensor fromChunks(const at::Tensor& chunks, std::int64_t tokens) {
    return chunks.permute({1, 2, 0, 3, 4})
        .reshape({chunks.size(1), chunks.size(2), chunks.size(0) * chunks.size(3), chunks.size(4)})
        .narrow(2, 0, tokens);
}

at::Tensor readStates(const at::Tensor& phiQ, const at::Tensor& phiK, const at::Tensor& values, std::int64_t lag) {
    const std::int64_t count = phiQ.size(0);
    std::vector<std::int64_t> shape = phiQ.sizes().vec();
    shape.back() = values.size(-1);
    if (count <= lag)
        return at::zeros(shape, phiQ.options());
    const std::int64_t reading = count - lag;
    const at::Tensor states =
        at::cumsum(at::matmul(phiK.narrow(0, 0, reading).transpose(3, 4), values.narrow(0, 0, reading)), 0);
    shape.front() = lag;
    return at::cat({at::zeros(shape, phiQ.options()), at::matmul(phiQ.narrow(0, lag, reading), states)});
}

at::Tensor stateOf(const at::Tensor& phiK, const at::Tensor& values) {
    return at::matmul(phiK.transpose(2, 3), values);
}

} // namespace lolcats
