// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/forecast.h"

#include "core/jobs/job_support.h"
#include "core/training/checkpointing.h"

#include <torch/types.h>

#include <chrono>

namespace lolcats {

namespace {

constexpr double kProgramBytes = 400e6; // libtorch, its arena and the program itself

struct StudentSizes {
    std::int64_t trained = 0;  // of one layer
    std::int64_t features = 0; // rough: learned columns twice
};

StudentSizes studentSizes(const ConversionPlan& plan, const DecoderShape& shape) {
    DecoderShape oneLayer = shape;
    oneLayer.layers = 1;
    ConversionPlan converted = plan;
    converted.keepSoftmax.clear();
    const auto mixer = makeStudents(converted, oneLayer).front();
    StudentSizes sizes;
    for (const NamedTensor& named : learnedTensors(*mixer)) {
        sizes.trained += named.tensor.numel();
        if (named.tensor.dim() == 3)
            sizes.features = 2 * named.tensor.size(2);
    }
    if (sizes.features == 0)
        sizes.features = shape.headDim;
    return sizes;
}

} // namespace

double measuredFlops() {
    const at::NoGradGuard noGrad;
    const at::Tensor a = at::ones({512, 768}, at::kFloat);
    const at::Tensor b = at::ones({1536, 768}, at::kFloat);
    at::linear(a, b); // the first one also starts the threads
    const auto start = std::chrono::steady_clock::now();
    int rounds = 0;
    double seconds = 0;
    while (seconds < 0.05) {
        at::linear(a, b);
        ++rounds;
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    return 2.0 * 512 * 768 * 1536 * rounds / seconds;
}

Forecast forecastOf(const ConversionPlan& plan, const DecoderShape& shape, std::int64_t parameters, double flops) {
    const StudentSizes sizes = studentSizes(plan, shape);
    const double tokens = static_cast<double>(plan.length * plan.batch);
    const double layers = static_cast<double>(shape.layers);
    const double converted = layers - static_cast<double>(plan.keepSoftmax.size());
    const double hidden = static_cast<double>(shape.hidden);
    const double mixed = static_cast<double>(shape.heads * shape.headDim);
    const double weightBytes = static_cast<double>(parameters) * (plan.dtype == "bfloat16" ? 2 : 4);
    const double learned = static_cast<double>(sizes.trained) * converted;
    const double lora = layers * static_cast<double>(plan.rank) *
                        (4 * hidden + 2 * mixed + 2.0 * static_cast<double>(shape.kvHeads * shape.headDim));
    // What one mixer keeps for its backward pass: scores of the window's span, features and chunk states, float32.
    const double mixerBytes =
        tokens * 4 * static_cast<double>(shape.heads) *
        (6.0 * 192 + 8.0 * static_cast<double>(sizes.features) + 8.0 * static_cast<double>(shape.headDim));
    const double blockBytes = tokens * 4 * (8 * hidden + 5 * static_cast<double>(shape.intermediate) + 6 * mixed);

    Forecast forecast;
    forecast.weightBytes = static_cast<std::int64_t>(weightBytes);
    forecast.trained = static_cast<std::int64_t>(learned);
    forecast.transferBytes = static_cast<std::int64_t>(kProgramBytes + weightBytes + learned * 16 + mixerBytes + blockBytes);
    forecast.finetuneBytes =
        static_cast<std::int64_t>(kProgramBytes + weightBytes + (learned + lora) * 16 + layers * (blockBytes + mixerBytes) +
                                  3 * 128 * 4 * static_cast<double>(shape.vocabulary));
    forecast.runFileBytes = static_cast<std::int64_t>(5 * (learned + lora) * 12 + 20e6);
    forecast.availableBytes = freeMemoryBytes();

    const double step = tokens * static_cast<double>(plan.accumulation);
    const double body = 2 * (static_cast<double>(parameters) - static_cast<double>(shape.vocabulary) * hidden);
    const double head = 2 * static_cast<double>(shape.vocabulary) * hidden;
    const double mixing =
        converted * static_cast<double>(shape.heads) * 6000 * static_cast<double>(shape.headDim); // one mixer, forward
    // Elementwise work and short products run at a fraction of a large product's rate; both ratios were measured on SmolLM2.
    forecast.secondsTransfer = static_cast<double>(plan.transferSteps) * step * (body + 3 * mixing) / (0.6 * flops);
    forecast.secondsFinetune =
        static_cast<double>(plan.finetuneSteps) * step * (4 * body + 5 * head + 3 * mixing) / (0.6 * flops);
    forecast.secondsMeasure = static_cast<double>(plan.heldoutRows * plan.length) * 5 * (body + head + mixing) / (0.6 * flops);
    forecast.basis = "Sizes of the model and the plan; time at " + std::to_string(static_cast<int>(flops / 1e9)) +
                     " GFLOP/s, measured on this machine a moment ago.";
    return forecast;
}

} // namespace lolcats
