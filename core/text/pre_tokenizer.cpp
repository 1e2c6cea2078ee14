// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pre_tokenizer.h"

#include "core/records/failure.h"
#include "core/text/normaliser.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <map>

namespace lolcats {

namespace {

// White space as the official library's engine has it: PCRE2's own \s holds U+180E as well.
const std::string kSpace = R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

const std::string& gpt2Form() {
    static const std::string form = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}++| ?\\p{N}++| ?[^" + kSpace + "\\p{L}\\p{N}]++|[" +
                                    kSpace + "]+(?![^" + kSpace + "])|[" + kSpace + "]++";
    return form;
}

std::string wordForm(const std::string& numbers) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}++|" + numbers + "| ?[^" + kSpace +
           "\\p{L}\\p{N}]++[\\r\\n]*+|[" + kSpace + "]*[\\r\\n]+|[" + kSpace + "]+(?![^" + kSpace + "])|[" + kSpace + "]++";
}

// The pattern as tokenizer.json files write it, and our form of it.
const std::map<std::string, std::string>& knownPatterns() {
    static const std::map<std::string, std::string> patterns = {
        {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", gpt2Form()},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
         wordForm("\\p{N}{1,3}+")},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
         wordForm("\\p{N}")},
    };
    return patterns;
}

constexpr std::uint32_t kMatchLimit = 200'000'000;
constexpr std::size_t kJitStackBytes = 4U << 20U;

template <auto Free> struct Freeing {
    template <typename Object> void operator()(Object* object) const { Free(object); }
};

} // namespace

class SplitPattern {
public:
    explicit SplitPattern(const std::string& form) {
        int error = 0;
        PCRE2_SIZE offset = 0;
        m_code.reset(
            pcre2_compile(reinterpret_cast<PCRE2_SPTR>(form.data()), form.size(), PCRE2_UTF, &error, &offset, nullptr));
        if (m_code == nullptr)
            throw Refusal("TK-PATTERN", "The text engine of this machine does not understand a split pattern of ours.",
                          "Install PCRE2 10.40 or newer, built with Unicode.", form);
        pcre2_jit_compile(m_code.get(), PCRE2_JIT_COMPLETE); // where it cannot, the slower interpreter runs
    }

    void split(std::string_view text, const PieceSink& piece) const {
        const std::unique_ptr<pcre2_match_data, Freeing<pcre2_match_data_free>> data(
            pcre2_match_data_create_from_pattern(m_code.get(), nullptr));
        const std::unique_ptr<pcre2_match_context, Freeing<pcre2_match_context_free>> context(
            pcre2_match_context_create(nullptr));
        const std::unique_ptr<pcre2_jit_stack, Freeing<pcre2_jit_stack_free>> stack(
            text.size() > 4096 ? pcre2_jit_stack_create(32U << 10U, kJitStackBytes, nullptr) : nullptr);
        pcre2_set_match_limit(context.get(), kMatchLimit);
        if (stack != nullptr)
            pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
        std::size_t at = 0; // behind the last piece
        while (at < text.size()) {
            const int count = pcre2_match(m_code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                                          PCRE2_NO_UTF_CHECK, data.get(), context.get());
            if (count == PCRE2_ERROR_NOMATCH)
                break;
            if (count < 0)
                throw Refusal("TK-LIMIT", "A stretch of the text is too monotonous to be cut into words.",
                              "Take the long run of equal characters out of the text.");
            const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data.get());
            if (range[0] > at)
                piece(text.substr(at, range[0] - at));
            if (range[1] <= range[0])
                break;
            piece(text.substr(range[0], range[1] - range[0]));
            at = range[1];
        }
        if (at < text.size())
            piece(text.substr(at));
    }

private:
    std::unique_ptr<pcre2_code, Freeing<pcre2_code_free>> m_code;
};

void PreTokenizer::addPrefixSpace() {
    m_steps.push_back({});
}

void PreTokenizer::addDigits(bool individual) {
    m_steps.push_back({std::make_shared<SplitPattern>(individual ? "\\p{N}" : "\\p{N}++"), {}});
}

void PreTokenizer::addGpt2Pattern() {
    m_steps.push_back({std::make_shared<SplitPattern>(gpt2Form()), {}});
}

bool PreTokenizer::addKnownPattern(const std::string& patternText) {
    const auto known = knownPatterns().find(patternText);
    if (known == knownPatterns().end())
        return false;
    m_steps.push_back({std::make_shared<SplitPattern>(known->second), {}});
    return true;
}

void PreTokenizer::addMetaspace(const std::string& mark, Prefix prefix, bool split) {
    m_steps.push_back({nullptr, mark, prefix, split});
}

void PreTokenizer::split(std::string_view text, bool first, const PieceSink& piece) const {
    if (!text.empty())
        splitFrom(0, text, first, piece);
}

void PreTokenizer::splitAtMarks(const Step& step, std::string_view text, bool first, const PieceSink& piece) {
    std::string marked = replacedAll(text, " ", step.mark);
    const bool prefixed = step.prefix == Prefix::Always || (step.prefix == Prefix::First && first);
    if (prefixed && !marked.starts_with(step.mark))
        marked.insert(0, step.mark);
    const std::string_view all = marked;
    std::size_t begin = 0;
    while (step.splits && begin < all.size()) {
        const std::size_t next = all.find(step.mark, begin + (all.substr(begin).starts_with(step.mark) ? step.mark.size() : 0));
        if (next == std::string_view::npos)
            break;
        piece(all.substr(begin, next - begin));
        begin = next;
    }
    piece(all.substr(begin));
}

void PreTokenizer::splitFrom(std::size_t at, std::string_view text, bool first, const PieceSink& piece) const {
    if (at == m_steps.size()) {
        piece(text);
        return;
    }
    const Step& step = m_steps[at];
    const auto next = [&](std::string_view part) { splitFrom(at + 1, part, first && part.data() == text.data(), piece); };
    if (step.pattern != nullptr)
        step.pattern->split(text, next);
    else if (!step.mark.empty())
        splitAtMarks(step, text, first, next);
    else
        next(text.front() == ' ' ? std::string(text) : " " + std::string(text));
}

} // namespace lolcats
