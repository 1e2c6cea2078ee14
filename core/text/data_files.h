// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files of training data, read and checked, and their text made into tokens.

#include "core/text/dataset.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

// The text of a file without its byte order mark. Refuses what is not UTF-8 with line and byte (DATA-UTF8).
std::string readDataText(const std::string& path);

// Makes tokens of data, in which special words are plain text, and counts what a person should know about it.
class DataEncoder {
public:
    explicit DataEncoder(const DatasetContext& context) : m_context(context) {}
    // `place` names the text in a refusal: a vocabulary that cannot write it would lose characters (DATA-CHARACTER).
    std::vector<std::int32_t> encode(std::string_view text, const std::string& place);
    // False: the person has stopped it.
    bool goOn(const std::string& doing, double share) const { return !m_context.goOn || m_context.goOn(doing, share); }
    const DatasetContext& context() const { return m_context; }
    std::vector<std::string> notices() const;

private:
    const DatasetContext& m_context;
    std::int64_t m_specialWords = 0;
};

struct PlainText {
    std::vector<TokenDocument> documents;
    std::int64_t files = 0;
    std::int64_t tokens = 0;
    bool stopped = false;
};

// A text file, or the .txt, .md and .text files of a folder in the order of their names. Refuses no text with DATA-EMPTY.
PlainText readPlainText(const std::string& path, DataEncoder& encoder);
TokenRows packPlainText(const std::vector<TokenDocument>& documents, std::int64_t length, const DatasetContext& context);

} // namespace lolcats
