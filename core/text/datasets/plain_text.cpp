// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/data_files.h"
#include "core/text/row_split.h"
#include "core/text/wording.h"

namespace lolcats {

namespace {

PreparedText prepare(const ConversionPlan& plan, const DatasetContext& context) {
    DataEncoder encoder(context);
    const PlainText plain = readPlainText(plan.data, encoder);
    if (plain.stopped)
        return {};
    PreparedText text;
    text.documents = plain.files;
    text.tokens = plain.tokens;
    text.description = grouped(plain.files) + (plain.files == 1 ? " file, " : " files, ") + grouped(plain.tokens) + " tokens";
    const TokenRows rows = packPlainText(plain.documents, plan.length, context);
    if (plan.heldout.empty()) {
        if (rows.rows() < 2)
            refuseTooShort("the text " + plan.data + ", of which a part is held out,", plain.tokens, plan.length);
        splitRows(rows, plan, text);
    } else {
        if (rows.rows() < 1)
            refuseTooShort("the text " + plan.data, plain.tokens, plan.length);
        const PlainText heldout = readPlainText(plan.heldout, encoder);
        if (heldout.stopped)
            return {};
        const TokenRows heldoutRows = packPlainText(heldout.documents, plan.length, context);
        if (heldoutRows.rows() < 1)
            refuseTooShort("the held-out text " + plan.heldout, heldout.tokens, plan.length);
        text.heldout = firstRows(heldoutRows, plan.heldoutRows);
        text.train = shuffledRows(rows, plan.seed);
    }
    text.notices = encoder.notices();
    return text;
}

} // namespace

Dataset plainTextDataset() {
    return {{"text",
             "Plain text",
             "A text file, or a folder of .txt, .md and .text files in the order of their names, joined and cut into rows.",
             {}},
            true,
            true,
            prepare};
}

} // namespace lolcats
