// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"
#include "core/text/data_files.h"
#include "core/text/json_records.h"
#include "core/text/row_split.h"
#include "core/text/wording.h"

#include <algorithm>

namespace lolcats {

namespace {

constexpr std::int64_t kGoOnEvery = 4096; // records
constexpr std::int64_t kPaperRecords = 2000;
constexpr std::int64_t kPaperHeldout = 200;

struct Records {
    std::vector<TokenDocument> documents;
    std::int64_t tokens = 0;
    bool stopped = false;
};

std::string namesOf(const Json& record) {
    std::string names;
    for (const auto& [name, value] : record.items())
        names += (names.empty() ? "" : ", ") + name;
    return names.empty() ? "nothing" : names.substr(0, 200);
}

std::string fieldOf(const Json& record, const char* name, bool required, const std::string& place) {
    const char* const remedy = "Give every record the texts “instruction” and “output”, and “input” where there is one.";
    if (!record.is_object())
        throw Refusal("DATA-FIELD", place + ": not a record with named fields.", remedy);
    const auto found = record.find(name);
    if (found == record.end() || (found->is_null() && !required)) {
        if (!required)
            return {};
        throw Refusal("DATA-FIELD", place + ": no field “" + name + "” (has: " + namesOf(record) + ").", remedy);
    }
    if (!found->is_string())
        throw Refusal("DATA-FIELD", place + ": the field “" + name + "” is not a text.", remedy);
    return found->get<std::string>();
}

std::string promptOf(const std::string& instruction, const std::string& input) {
    if (input.empty())
        return "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
               "### Instruction:\n" +
               instruction + "\n\n### Response:\n";
    return "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
           "response "
           "that appropriately completes the request.\n\n### Instruction:\n" +
           instruction + "\n\n### Input:\n" + input + "\n\n### Response:\n";
}

// The prompt is not learned; what the tokenizer puts around a text (a begin token) goes around the prompt.
TokenDocument documentOf(const Json& record, const std::string& place, DataEncoder& encoder) {
    const std::string instruction = fieldOf(record, "instruction", true, place);
    const std::string output = fieldOf(record, "output", true, place);
    const std::string prompt = promptOf(instruction, fieldOf(record, "input", false, place));
    TokenDocument document;
    document.ids = encoder.context().tokenizer->withSpecial(encoder.encode(prompt, place));
    document.labels.assign(document.ids.size(), kNotLearned);
    std::vector<std::int32_t> answer = encoder.encode(output, place);
    if (encoder.context().eos)
        answer.push_back(*encoder.context().eos);
    document.ids.insert(document.ids.end(), answer.begin(), answer.end());
    document.labels.insert(document.labels.end(), answer.begin(), answer.end());
    return document;
}

Records readRecords(const std::string& path, DataEncoder& encoder) {
    const std::string text = readDataText(path);
    Records records;
    eachJsonRecord(text, path, [&](const Json& record, std::int64_t line, double share) {
        records.stopped =
            static_cast<std::int64_t>(records.documents.size()) % kGoOnEvery == 0 && !encoder.goOn("reading " + path, share);
        if (records.stopped)
            return false;
        records.documents.push_back(documentOf(record, path + " line " + grouped(line), encoder));
        records.tokens += static_cast<std::int64_t>(records.documents.back().ids.size());
        return true;
    });
    if (records.documents.empty() && !records.stopped)
        throw Refusal("DATA-EMPTY", path + " holds no records.",
                      "Choose a file with records of instruction, input and output.");
    return records;
}

// As the paper: the first 200 records where there are enough; else a tenth by seed, more where that does not fill a row.
void splitRecords(const Records& records, const ConversionPlan& plan, PreparedText& text) {
    const auto count = static_cast<std::int64_t>(records.documents.size());
    const bool asPaper = count > kPaperRecords;
    const std::vector<std::int64_t> order = rowOrder(count, plan.seed, kSplitPass);
    TokenRows train;
    for (std::int64_t held = asPaper ? kPaperHeldout : std::max<std::int64_t>(1, count / 10); held <= count / 2; held *= 2) {
        std::vector<bool> isHeld(static_cast<std::size_t>(count));
        for (std::int64_t index = 0; index < held; ++index)
            isHeld[static_cast<std::size_t>(asPaper ? index : order[static_cast<std::size_t>(index)])] = true;
        std::vector<TokenDocument> trained, heldout;
        for (std::size_t index = 0; index < records.documents.size(); ++index)
            (isHeld[index] ? heldout : trained).push_back(records.documents[index]);
        train = packDocuments(trained, plan.length);
        text.heldout = firstRows(packDocuments(heldout, plan.length), plan.heldoutRows);
        if (text.heldout.rows() > 0 || plan.heldoutRows == 0)
            break;
    }
    if (train.rows() == 0 || (text.heldout.rows() == 0 && plan.heldoutRows > 0))
        refuseTooShort(plan.data + ", of which a part is held out,", records.tokens, plan.length);
    text.train = shuffledRows(train, plan.seed);
}

PreparedText prepare(const ConversionPlan& plan, const DatasetContext& context) {
    DataEncoder encoder(context);
    const Records records = readRecords(plan.data, encoder);
    PreparedText text;
    if (records.stopped)
        return text;
    text.documents = static_cast<std::int64_t>(records.documents.size());
    text.tokens = records.tokens;
    text.description =
        grouped(text.documents) + (text.documents == 1 ? " record, " : " records, ") + grouped(text.tokens) + " tokens";
    if (plan.heldout.empty()) {
        splitRecords(records, plan, text);
    } else {
        const TokenRows train = packDocuments(records.documents, plan.length);
        if (train.rows() == 0)
            refuseTooShort(plan.data, records.tokens, plan.length);
        const Records heldout = readRecords(plan.heldout, encoder);
        if (heldout.stopped)
            return {};
        const TokenRows heldoutRows = packDocuments(heldout.documents, plan.length);
        if (heldoutRows.rows() == 0)
            refuseTooShort(plan.heldout, heldout.tokens, plan.length);
        text.heldout = firstRows(heldoutRows, plan.heldoutRows);
        text.train = shuffledRows(train, plan.seed);
    }
    text.notices = encoder.notices();
    if (!context.eos)
        text.notices.emplace_back("The model names no end token, so answers end without one.");
    return text;
}

} // namespace

Dataset alpacaDataset() {
    return {
        {"alpaca",
         "Instructions (Alpaca)",
         "Records of instruction, input and output, as a JSON array or one a line, in the template of Alpaca; only the answers "
         "are learned.",
         {}},
        true,
        true,
        prepare};
}

} // namespace lolcats
