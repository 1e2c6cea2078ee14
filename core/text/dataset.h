// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a dataset is, and the list of them: from a path to rows of tokens, split into a part to train on and a held-out part.

#include "core/records/choices.h"
#include "core/records/conversion_plan.h"
#include "core/records/model_summary.h"
#include "core/text/packing.h"
#include "core/text/tokenizer.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lolcats {

struct DatasetContext {
    const Tokenizer* tokenizer = nullptr; // null where the data is tokenised already
    std::optional<std::int32_t> bos;
    std::optional<std::int32_t> eos;
    std::int64_t vocabulary = 0;
    // Text written by the teacher from a prompt; only the dataset "teacher" asks for it. Empty: not at hand.
    std::function<std::vector<std::int32_t>(const std::string& prompt, std::int64_t tokens, std::int64_t seed)> write;
    std::function<bool(const std::string& doing, double share)> goOn; // asked every 4,096 lines or 8 MiB; false: stop
};

struct PreparedText {
    TokenRows train;   // in the order of the seed
    TokenRows heldout; // at most plan.heldoutRows rows; never trained on
    std::string description;
    std::int64_t documents = 0;
    std::int64_t tokens = 0;
    std::vector<std::string> notices;
};

// A part; its `prepare` gives no rows when goOn said to stop.
struct Dataset {
    Choice choice;
    bool needsTokenizer = true;
    bool needsData = true; // a path
    PreparedText (*prepare)(const ConversionPlan& plan, const DatasetContext& context);
};

const std::vector<Dataset>& datasets();

// Refuses with DATA-… (empty, too short for one row, not UTF-8 with line and byte) or PLAN-LENGTH.
PreparedText prepareText(const ConversionPlan& plan, const DatasetContext& context);
// A text of its own for an evaluation, packed as plain text: all of it is held out.
TokenRows prepareEvaluationText(const std::string& path, std::int64_t length, std::int64_t rows, const DatasetContext& context);
DataPreview previewOf(const PreparedText& text, const ConversionPlan& plan, const Tokenizer* tokenizer);
// Which rows of `rows` are visited, in order, in pass `pass` over the data: a function of seed and pass, not a generator state.
std::vector<std::int64_t> rowOrder(std::int64_t rows, std::int64_t seed, std::int64_t pass);

} // namespace lolcats
