// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/data_files.h"

#include "core/files/file_bytes.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"
#include "core/text/unicode.h"
#include "core/text/wording.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace lolcats {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30U;
constexpr std::size_t kStretch = std::size_t{8} << 20U; // bytes made into tokens between two looks at whether to stop

std::string hexByte(char byte) {
    char text[8];
    std::snprintf(text, sizeof text, "0x%02X", static_cast<unsigned char>(byte));
    return text;
}

void checkUtf8(const std::string& text, const std::string& path) {
    const std::size_t bad = firstInvalidUtf8(text);
    if (bad == text.size())
        return;
    const std::string_view before = std::string_view(text).substr(0, bad);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    throw Refusal("DATA-UTF8",
                  path + " line " + grouped(line) + ", byte " + grouped(static_cast<std::int64_t>(bad - start + 1)) +
                      ": not UTF-8 (" + hexByte(text[bad]) + ").",
                  "Save the file as UTF-8, or take the damaged line out.");
}

bool isTextFile(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const std::string ending = entry.path().extension().string();
    return name.front() != '.' && entry.is_regular_file() && (ending == ".txt" || ending == ".md" || ending == ".text");
}

std::vector<std::string> textFilesAt(const std::string& path) {
    std::error_code none;
    if (!fs::is_directory(path, none))
        return {path};
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path, error))
        if (isTextFile(entry))
            files.push_back(entry.path().string());
    if (error)
        throw Refusal("DATA-FILE", "The folder " + path + " cannot be read: " + error.message() + ".",
                      "Check the folder's permissions.");
    if (files.empty())
        throw Refusal("DATA-EMPTY", "The folder " + path + " holds no text: no file that ends in .txt, .md or .text.",
                      "Choose a folder with text files, or a single file.");
    std::sort(files.begin(), files.end());
    return files;
}

// Where a stretch that begins at `begin` ends: after a line that no white space follows, so that few tokens are cut.
std::size_t endOfStretch(const std::string& text, std::size_t begin) {
    if (text.size() - begin <= kStretch)
        return text.size();
    for (std::size_t end = begin + kStretch; end > begin + kStretch / 2; --end)
        if (text[end - 1] == '\n' && text[end] != '\n' && text[end] != ' ' && text[end] != '\r' && text[end] != '\t')
            return end;
    std::size_t end = begin + kStretch;
    previousCodePoint(text, end);
    return end;
}

bool isBlank(const std::string& text) {
    for (std::size_t at = 0; at < text.size();)
        if (!isWhiteSpace(nextCodePoint(text, at)))
            return false;
    return true;
}

} // namespace

std::string readDataText(const std::string& path) {
    std::string text = readTextFile(path, kLargestFile, "DATA");
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    checkUtf8(text, path);
    return text;
}

std::vector<std::int32_t> DataEncoder::encode(std::string_view text, const std::string& place) {
    const Tokenizer& tokenizer = *m_context.tokenizer;
    const std::int64_t lost = tokenizer.countUnwritable(text);
    if (lost > 0)
        throw Refusal("DATA-CHARACTER",
                      place + " holds " + grouped(lost) +
                          " bytes that the model's vocabulary cannot write; they would be lost.",
                      "Take a text in the characters that the model knows.");
    m_specialWords += tokenizer.countSpecial(text);
    return tokenizer.encode(text, SpecialTokens::PlainText);
}

std::vector<std::string> DataEncoder::notices() const {
    if (m_specialWords == 0)
        return {};
    return {"The text spells special tokens of the model " + grouped(m_specialWords) +
            (m_specialWords == 1 ? " time; it is" : " times; they are") + " taken as plain text."};
}

PlainText readPlainText(const std::string& path, DataEncoder& encoder) {
    PlainText plain;
    const std::vector<std::string> files = textFilesAt(path);
    bool anyText = false;
    for (std::size_t index = 0; index < files.size(); ++index) {
        const std::string text = readDataText(files[index]);
        anyText = anyText || !isBlank(text);
        TokenDocument document;
        for (std::size_t begin = 0; begin < text.size();) {
            const double part = static_cast<double>(begin) / static_cast<double>(text.size());
            if (!encoder.goOn("reading " + files[index],
                              (static_cast<double>(index) + part) / static_cast<double>(files.size()))) {
                plain.stopped = true;
                return plain;
            }
            const std::size_t end = endOfStretch(text, begin);
            const auto ids = encoder.encode(std::string_view(text).substr(begin, end - begin), files[index]);
            document.ids.insert(document.ids.end(), ids.begin(), ids.end());
            begin = end;
        }
        ++plain.files;
        plain.tokens += static_cast<std::int64_t>(document.ids.size());
        plain.documents.push_back(std::move(document));
    }
    if (!anyText)
        throw Refusal("DATA-EMPTY", path + " holds no text.", "Choose a file or folder with text in it.");
    return plain;
}

TokenRows packPlainText(const std::vector<TokenDocument>& documents, std::int64_t length, const DatasetContext& context) {
    return packText(documents, length, context.bos.value_or(0), context.bos.has_value());
}

} // namespace lolcats
