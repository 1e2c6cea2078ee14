// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"
#include "core/records/failure.h"
#include "core/text/data_files.h"
#include "core/text/row_split.h"
#include "core/text/wording.h"

namespace lolcats {

namespace {

TokenRows rowsOf(const SafetensorsFile& file, const std::string& name, const ConversionPlan& plan,
                 const DatasetContext& context) {
    const char* const remedy = "Give the file two tensors of 32-bit integers, “train” and “heldout”, each rows × length.";
    const SafetensorsEntry* entry = file.find(name);
    if (entry == nullptr)
        throw Refusal("DATA-ROWS", file.path() + " has no tensor “" + name + "”.", remedy);
    if ((entry->dtype != "I32" && entry->dtype != "I64") || entry->shape.size() != 2)
        throw Refusal("DATA-ROWS", file.path() + ": the tensor “" + name + "” is not a table of whole numbers.", remedy);
    if (entry->shape[0] == 0)
        throw Refusal("DATA-EMPTY", file.path() + ": the tensor “" + name + "” has no rows.", remedy);
    if (entry->shape[1] != plan.length)
        throw Refusal("PLAN-LENGTH",
                      file.path() + ": the rows of “" + name + "” have " + grouped(entry->shape[1]) +
                          " tokens, and the plan asks for " + grouped(plan.length) + ".",
                      "Set the plan's length to " + std::to_string(entry->shape[1]) + ".");
    TokenRows rows{plan.length, {}, {}};
    const std::vector<std::int64_t> values = file.readIntegers(name);
    rows.ids.reserve(values.size());
    for (std::size_t index = 0; index < values.size(); ++index) {
        if (values[index] < 0 || values[index] > INT32_MAX || (context.vocabulary > 0 && values[index] >= context.vocabulary))
            throw Refusal("DATA-ID",
                          file.path() + ": row " + grouped(static_cast<std::int64_t>(index) / plan.length) + " of “" + name +
                              "” holds the token " + std::to_string(values[index]) + ", and the model's vocabulary ends at " +
                              std::to_string(context.vocabulary - 1) + ".",
                          "Take rows that were made with this model's tokenizer.");
        rows.ids.push_back(static_cast<std::int32_t>(values[index]));
    }
    rows.labels = rows.ids;
    return rows;
}

PreparedText prepare(const ConversionPlan& plan, const DatasetContext& context) {
    const SafetensorsFile file(plan.data);
    PreparedText text;
    if (!DataEncoder(context).goOn("reading " + plan.data, 0))
        return text;
    text.train = rowsOf(file, "train", plan, context);
    const TokenRows heldout = rowsOf(file, "heldout", plan, context);
    text.heldout = firstRows(heldout, plan.heldoutRows);
    text.documents = text.train.rows() + heldout.rows();
    text.tokens = static_cast<std::int64_t>(text.train.ids.size() + heldout.ids.size());
    text.description =
        grouped(text.train.rows()) + " + " + grouped(heldout.rows()) + " rows, " + grouped(text.tokens) + " tokens";
    if (!plan.heldout.empty())
        text.notices.push_back("The file's own held-out rows are used, not " + plan.heldout + ".");
    return text;
}

} // namespace

Dataset tokenRowsDataset() {
    return {
        {"rows",
         "Token rows",
         "A safetensors file with the tensors “train” and “heldout”, rows of token ids made elsewhere, used in their order.",
         {}},
        false,
        true,
        prepare};
}

} // namespace lolcats
