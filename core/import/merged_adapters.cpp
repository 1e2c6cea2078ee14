// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/merged_adapters.h"

#include "core/export/published_names.h"
#include "core/records/failure.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <algorithm>
#include <map>

namespace lolcats {

namespace {

constexpr std::int64_t kWidest = 256; // rank that is looked for

struct Factors {
    at::Tensor a, b; // [rank, in], [out, rank]
};

[[noreturn]] void refuse(const std::string& tensor, const std::string& what) {
    throw Refusal("IMP-MERGED", "The tensor " + tensor + " of the export " + what + ".",
                  "Say with --model which model the student was made of, or import the export in the format “adapters”.");
}

at::Tensor weight(const ModelSource& source, const std::string& name) {
    const StoredTensor* stored = source.find(name);
    if (stored == nullptr)
        refuse(name, "is missing in " + source.path());
    at::Tensor values = at::empty(stored->shape, at::kFloat);
    source.readFloats(name, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
    return values;
}

// How far a stored number may lie from the one that was meant, as a share of its size: twice what rounding does.
double roundingOf(const std::string& type) {
    return type == "BF16" ? 0x1p-8 : type == "F16" ? 0x1p-10 : 0x1p-22;
}

bool within(const at::Tensor& rest, const at::Tensor& allowed) {
    return at::le(rest.abs(), allowed).all().item<bool>();
}

// The narrowest product that leaves nothing but rounding. A random sketch of as many columns as the widest rank spans what a
// product of that rank does, so the large matrix is never taken apart.
Factors narrowProduct(const at::Tensor& change, const at::Tensor& allowed, const std::string& name) {
    const std::int64_t width = std::min({kWidest, change.size(0), change.size(1)});
    const at::Generator generator = at::detail::createCPUGenerator(1);
    const at::Tensor sketch = at::mm(change, at::empty({change.size(1), width}, at::kDouble).normal_(0, 1, generator));
    const at::Tensor span = std::get<0>(at::linalg_qr(sketch));
    const auto [u, s, v] = at::linalg_svd(at::mm(span.t(), change), false);
    const at::Tensor left = at::mm(span, u * at::sqrt(s));
    const at::Tensor right = at::sqrt(s).unsqueeze(1) * v;
    const auto leavesRounding = [&, left = left, right = right](std::int64_t rank) {
        return within(change - at::mm(left.narrow(1, 0, rank), right.narrow(0, 0, rank)), allowed);
    };
    if (!leavesRounding(width))
        refuse(name, "differs from the model's by more than adapters add");
    std::int64_t low = 0, high = width; // high fits, low does not
    while (high - low > 1) {
        const std::int64_t middle = (low + high) / 2;
        (leavesRounding(middle) ? high : low) = middle;
    }
    return {right.narrow(0, 0, high).to(at::kFloat).contiguous(), left.narrow(1, 0, high).to(at::kFloat).contiguous()};
}

// Empty factors: nothing was added.
Factors adapterOf(const ModelSource& merged, const ModelSource& base, const std::string& name) {
    const at::Tensor after = weight(merged, name).to(at::kDouble), before = weight(base, name).to(at::kDouble);
    if (after.sizes() != before.sizes())
        refuse(name, "has other sizes than the model's");
    const at::Tensor change = after - before;
    const at::Tensor sizes = after.abs() + before.abs();
    // The mean beside an entry's own size: the product spreads the rounding of large entries over small ones.
    const at::Tensor allowed = (sizes + sizes.mean()) * roundingOf(merged.find(name)->type);
    return within(change, allowed) ? Factors{} : narrowProduct(change, allowed, name);
}

// Everything that adapters do not touch must be the base model's.
void checkSame(const ModelSource& merged, const ModelSource& base, Progress& progress) {
    for (const StoredTensor& tensor : merged.tensors()) {
        const bool projected = tensor.name.find(".self_attn.") != std::string::npos && tensor.name.ends_with("_proj.weight");
        if (projected || ourTensorName(tensor.name, 0) || base.find(tensor.name) == nullptr)
            continue;
        const at::Tensor after = weight(merged, tensor.name), before = weight(base, tensor.name);
        if (after.sizes() != before.sizes() ||
            !within(after - before, (after.abs() + before.abs()) * roundingOf(tensor.type) + 1e-7))
            refuse(tensor.name, "is not the one of the model " + base.path());
        if (progress.mayGoOn().stop)
            throw Refusal("INT-STOPPED", "The import was stopped.", "Start it again.");
    }
}

// One rank for all: narrower factors are filled up with nothing.
at::Tensor widened(const at::Tensor& factor, std::int64_t axis, std::int64_t rank) {
    const std::int64_t missing = rank - factor.size(axis);
    return axis == 0 ? at::constant_pad_nd(factor, {0, 0, 0, missing}) : at::constant_pad_nd(factor, {0, missing});
}

} // namespace

MergedAdapters recoverAdapters(const ModelSource& merged, const ModelSource& base, const DecoderShape& shape,
                               Progress& progress) {
    const at::NoGradGuard noGrad;
    checkSame(merged, base, progress);
    std::map<std::string, Factors> found; // by "3.q"
    MergedAdapters adapters;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer)
        for (const char* target : {"q", "k", "v", "o"}) {
            StageProgress news;
            news.step = layer;
            news.steps = shape.layers;
            news.doing = "getting the adapters back";
            progress.report(news);
            const std::string place = std::to_string(layer);
            const Factors factors = adapterOf(merged, base, "model.layers." + place + ".self_attn." + target + "_proj.weight");
            if (!factors.a.defined())
                continue;
            found[place + "." + target] = factors;
            adapters.rank = std::max(adapters.rank, factors.a.size(0));
        }
    for (const char* target : {"q", "k", "v", "o"}) {
        const auto isThere = [&](std::int64_t layer) { return found.contains(std::to_string(layer) + "." + target); };
        bool used = false;
        for (std::int64_t layer = 0; layer < shape.layers; ++layer)
            used = used || isThere(layer);
        if (used)
            adapters.targets.emplace_back(target);
    }
    for (const auto& [place, factors] : found) {
        adapters.tensors.push_back({"lora." + place + ".a", widened(factors.a, 0, adapters.rank)});
        adapters.tensors.push_back({"lora." + place + ".b", widened(factors.b, 1, adapters.rank)});
    }
    return adapters;
}

} // namespace lolcats
