// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/dataset.h"

#include "core/records/failure.h"
#include "core/text/data_files.h"
#include "core/text/row_split.h"
#include "core/text/unicode.h"
#include "core/text/wording.h"

#include <algorithm>

namespace lolcats {

Dataset plainTextDataset();
Dataset alpacaDataset();
Dataset tokenRowsDataset();
Dataset teacherTextDataset();

namespace {

const Dataset& datasetOf(const std::string& id) {
    std::vector<Choice> choices;
    for (const Dataset& dataset : datasets())
        choices.push_back(dataset.choice);
    const std::string& known = findChoice(choices, id, "data set").id;
    return *std::find_if(datasets().begin(), datasets().end(), [&](const Dataset& entry) { return entry.choice.id == known; });
}

void checkLength(std::int64_t length) {
    if (length < 2)
        throw Refusal("PLAN-LENGTH", "Rows of " + std::to_string(length) + " tokens have no next token to learn.",
                      "Take rows of at least 2 tokens.");
}

void checkTokenizer(const DatasetContext& context) {
    if (context.tokenizer == nullptr)
        throw Refusal("DATA-TOKENIZER", "The model has no tokenizer that can be used, so text cannot be made into tokens.",
                      "Train on token rows made elsewhere (data set “rows”), or take a model with a byte-level tokenizer.");
    for (const auto& token : {context.bos, context.eos})
        if (token && (*token < 0 || (context.vocabulary > 0 && *token >= context.vocabulary)))
            throw Refusal("CFG-TOKEN",
                          "The model names the begin or end token " + std::to_string(*token) + ", which its vocabulary lacks.",
                          "Correct bos_token_id and eos_token_id in the model's config.json.");
}

} // namespace

const std::vector<Dataset>& datasets() {
    static const std::vector<Dataset> all = {plainTextDataset(), alpacaDataset(), tokenRowsDataset(), teacherTextDataset()};
    return all;
}

PreparedText prepareText(const ConversionPlan& plan, const DatasetContext& context) {
    const Dataset& dataset = datasetOf(plan.dataset);
    checkLength(plan.length);
    if (dataset.needsTokenizer)
        checkTokenizer(context);
    if (dataset.needsData && plan.data.empty())
        throw Refusal("PLAN-DATA", "The plan names no training data.",
                      "Choose a file (--data), or let the teacher write its own text (data set “teacher”).");
    PreparedText text = dataset.prepare(plan, context);
    if (text.train.rows() > 0 && text.train.rows() < 8)
        text.notices.push_back("There is little to train on: " + grouped(text.train.rows()) +
                               (text.train.rows() == 1 ? " row of " : " rows of ") + grouped(plan.length) + " tokens.");
    return text;
}

TokenRows prepareEvaluationText(const std::string& path, std::int64_t length, std::int64_t rows,
                                const DatasetContext& context) {
    checkLength(length);
    checkTokenizer(context);
    DataEncoder encoder(context);
    const PlainText plain = readPlainText(path, encoder);
    if (plain.stopped)
        return {length, {}, {}};
    const TokenRows all = packPlainText(plain.documents, length, context);
    if (all.rows() == 0)
        refuseTooShort("the text " + path, plain.tokens, length);
    return firstRows(all, rows);
}

DataPreview previewOf(const PreparedText& text, const ConversionPlan& plan, const Tokenizer* tokenizer) {
    DataPreview preview;
    preview.description = text.description;
    preview.documents = text.documents;
    preview.tokens = text.tokens;
    preview.trainRows = text.train.rows();
    preview.heldoutRows = text.heldout.rows();
    preview.length = plan.length;
    preview.notices = text.notices;
    for (std::int64_t index = 0; text.train.rows() > 0 && index < text.train.length; ++index) {
        const std::int32_t id = text.train.ids[static_cast<std::size_t>(index)];
        const bool known = tokenizer != nullptr && id >= 0 && id < tokenizer->vocabularySize();
        preview.words.push_back(known ? lossyUtf8(tokenizer->piece(id)) : std::to_string(id));
        preview.learned.push_back(text.train.labels[static_cast<std::size_t>(index)] != kNotLearned);
    }
    return preview;
}

} // namespace lolcats
