// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"
#include "core/text/data_files.h"
#include "core/text/row_split.h"
#include "core/text/wording.h"

#include <algorithm>
#include <array>

namespace lolcats {

Dataset teacherTextDataset();

namespace {

const char* const kTokens = "teacher_tokens";

// Varied in kind, so that the maps see more than one sort of text.
constexpr std::array kPrompts = {
    "Once upon a time, in a village by the sea,",
    "The history of the railway begins in",
    "Here is a simple recipe for bread.",
    "In biology, a cell is",
    "The following function sorts a list of numbers.\n\n",
    "Dear Sir or Madam,",
    "\"I never expected to see you here,\" she said.",
    "Question: Why is the sky blue?\nAnswer:",
    "Breaking news: the city council has decided",
    "There are three reasons why people travel. First,",
};

std::string promptOf(std::int64_t call) {
    return kPrompts[static_cast<std::size_t>(call) % kPrompts.size()];
}

PreparedText prepare(const ConversionPlan& plan, const DatasetContext& context) {
    const DataEncoder encoder(context);
    if (!context.write)
        throw Refusal("DATA-TEACHER", "The teacher is not at hand to write its own text.",
                      "Choose a text file or another data set, or begin the conversion, which loads the teacher.");
    const std::int64_t wanted = integerOption(completed(teacherTextDataset().choice, plan.options), kTokens);
    std::vector<TokenDocument> documents;
    std::int64_t tokens = 0;
    for (std::int64_t call = 0; tokens < wanted; ++call) {
        if (!encoder.goOn("the teacher writes its text", static_cast<double>(tokens) / static_cast<double>(wanted)))
            return {};
        TokenDocument document;
        document.ids = context.write(promptOf(call), std::min(plan.length, wanted - tokens), plan.seed + call);
        if (document.ids.empty())
            throw Refusal("DATA-TEACHER", "The teacher wrote nothing after “" + promptOf(call) + "”.",
                          "Choose a text file instead, or another model.");
        tokens += static_cast<std::int64_t>(document.ids.size());
        documents.push_back(std::move(document));
    }
    const TokenRows rows = packPlainText(documents, plan.length, context);
    if (rows.rows() < 2)
        refuseTooShort("the teacher's text, of which a part is held out,", tokens, plan.length);
    PreparedText text;
    text.documents = static_cast<std::int64_t>(documents.size());
    text.tokens = tokens;
    text.description = grouped(tokens) + " tokens written by the teacher";
    splitRows(rows, plan, text);
    return text;
}

} // namespace

Dataset teacherTextDataset() {
    return {{"teacher",
             "Written by the teacher",
             "No data at hand: the teacher writes text itself, from a few prompts of different kinds.",
             {describedWhole(kTokens, "Tokens written", 20'000, 1'000, 100'000'000, "tokens",
                             "How much text the teacher writes before training begins.")}},
            true,
            false,
            prepare};
}

} // namespace lolcats
