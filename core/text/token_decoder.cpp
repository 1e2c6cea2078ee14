// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/token_decoder.h"

#include "core/files/utf8.h"
#include "core/text/byte_alphabet.h"
#include "core/text/normaliser.h"
#include "core/text/unicode.h"

#include <numeric>
#include <string_view>
#include <utility>

namespace lolcats {

namespace {

std::string utf8Of(char32_t character) {
    std::string text;
    appendUtf8(text, character);
    return text;
}

std::string joined(const std::vector<std::string>& tokens) {
    return std::accumulate(tokens.begin(), tokens.end(), std::string(), [](std::string all, const std::string& token) {
        all += token;
        return all;
    });
}

std::string fromAlphabet(const std::string& token) {
    return bytesOfAlphabet(token).value_or(token);
}

void endRun(std::string& run, std::vector<std::string>& out) {
    if (run.empty())
        return;
    if (firstInvalidUtf8(run) == run.size())
        out.push_back(run);
    else
        out.insert(out.end(), run.size(), "\xEF\xBF\xBD");
    run.clear();
}

std::vector<std::string> withBytes(const std::vector<std::string>& tokens) {
    std::vector<std::string> out;
    std::string run; // bytes in a row
    for (const std::string& token : tokens) {
        const int byte = byteOfToken(token);
        if (byte >= 0) {
            run += static_cast<char>(byte);
            continue;
        }
        endRun(run, out);
        out.push_back(token);
    }
    endRun(run, out);
    return out;
}

std::string stripped(std::string_view token, std::string_view character, std::size_t start, std::size_t stop) {
    for (; start > 0 && token.starts_with(character); --start)
        token.remove_prefix(character.size());
    for (; stop > 0 && token.ends_with(character); --stop)
        token.remove_suffix(character.size());
    return std::string(token);
}

} // namespace

int byteOfToken(const std::string& token) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>' || digit(token[3]) < 0 || digit(token[4]) < 0)
        return -1;
    return digit(token[3]) * 16 + digit(token[4]);
}

void TokenDecoder::addByteLevel() {
    m_steps.push_back({Kind::ByteLevel, {}, {}});
}

void TokenDecoder::addReplacement(const std::string& from, const std::string& to) {
    m_steps.push_back({Kind::Replacement, from, to});
}

void TokenDecoder::addByteFallback() {
    m_steps.push_back({Kind::ByteFallback, {}, {}});
}

void TokenDecoder::addFuse() {
    m_steps.push_back({Kind::Fuse, {}, {}});
}

void TokenDecoder::addStrip(char32_t character, std::size_t start, std::size_t stop) {
    m_steps.push_back({Kind::Strip, utf8Of(character), {}, start, stop});
}

void TokenDecoder::addMetaspace(char32_t replacement, bool prefixed) {
    m_steps.push_back({Kind::Metaspace, utf8Of(replacement), " ", 0, 0, prefixed});
}

std::vector<std::string> TokenDecoder::applied(const Step& step, std::vector<std::string> tokens) {
    switch (step.kind) {
    case Kind::ByteLevel:
        for (std::string& token : tokens)
            token = fromAlphabet(token);
        return {lossyUtf8(joined(tokens))};
    case Kind::Fuse:
        return {joined(tokens)};
    case Kind::ByteFallback:
        return withBytes(tokens);
    case Kind::Strip:
        for (std::string& token : tokens)
            token = stripped(token, step.from, step.start, step.stop);
        return tokens;
    case Kind::Replacement:
    case Kind::Metaspace:
        for (std::size_t index = 0; index < tokens.size(); ++index)
            tokens[index] = replacedAll(tokens[index], step.from, index == 0 && step.prefixed ? "" : step.to);
        return tokens;
    }
    return tokens;
}

std::string TokenDecoder::decoded(std::vector<std::string> tokens) const {
    for (const Step& step : m_steps)
        tokens = applied(step, std::move(tokens));
    return joined(tokens);
}

std::string TokenDecoder::bytesOf(const std::string& token) const {
    std::string bytes = token;
    for (const Step& step : m_steps) {
        if (step.kind == Kind::ByteLevel)
            bytes = fromAlphabet(bytes);
        else if (step.kind == Kind::Replacement || step.kind == Kind::Metaspace)
            bytes = replacedAll(bytes, step.from, step.to);
        else if (step.kind == Kind::ByteFallback && byteOfToken(bytes) >= 0)
            return std::string(1, static_cast<char>(byteOfToken(bytes)));
    }
    return bytes;
}

} // namespace lolcats
