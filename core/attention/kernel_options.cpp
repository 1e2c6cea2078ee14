// SPDX-License-Identifier: GPL-3.0-or-later
// The options of learned kernels, as forms, plans and the command line show them.
#include "core/attention/learned_kernel.h"

namespace lolcats {

std::vector<OptionDescription> kernelOptions(const std::string& standardKernel) {
    return {
        describedWhole("feature_dim", "Feature size", 64, 1, 1024, "columns",
                       "Columns of the learned map; with both signs twice as many features are made of them. The state that a "
                       "sequence keeps grows with it."),
        describedWord(
            "feature_start", "Start of the map", {"identity", "zero", "kaiming", "normal"},
            "What the learned map is before training: identity reads the first dimensions of a head as they are; zero "
            "needs a skip connection; kaiming and normal are random."),
        describedWord(
            "feature_kernel", "Learned part", {"affine", "adapter", "none"},
            "Affine: one matrix for each head. Adapter: a narrow network whose output is added to what it reads. None: "
            "queries and keys go as they are, nothing is learned, and the feature size is that of a head.",
            standardKernel),
        describedFlag("feature_skip", "Skip connection", false,
                      "The numbers of a head are added to what the learned map makes of them."),
        describedFlag("feature_tied", "One map for both", false, "Queries and keys share one learned map."),
        describedWord(
            "feature_bias", "Bias", {"none", "head", "column"},
            "A number added after the matrix: one for each head, as in the published code, or one for each column, as in "
            "the paper. An adapter always has one for each column."),
        describedWord("feature_bias_start", "Start of the bias", {"zero", "kaiming"},
                      "Zero leaves the map as it starts; kaiming is random, as in the published code."),
        describedWhole("feature_adapter_width", "Adapter width", 32, 1, 1024, "columns", "Inner width of an adapter."),
        describedWord(
            "feature_gates", "Gates", {"none", "keys", "queries", "both"},
            "A learned number between 0 and 2 for each token, 1 at the start: how much of a key is kept in the state, how "
            "much a query reads of it.")};
}

std::vector<OptionDescription> signedKernelOptions() {
    std::vector<OptionDescription> all = kernelOptions("affine");
    all.push_back(
        describedWord("feature_signs", "Signs", {"both", "one"},
                      "Both: features of the columns and of their negatives, twice as many. One: of the columns alone."));
    return all;
}

} // namespace lolcats
