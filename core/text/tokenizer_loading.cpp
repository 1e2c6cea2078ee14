// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer_loading.h"

#include "core/records/failure.h"
#include "core/text/unicode.h"

#include <utility>

namespace lolcats {

void TokenizerSection::refuseBroken(const std::string& code, const std::string& what) const {
    throw Refusal(code, m_where + ": " + what + ".", "Fetch the file again from where it came, or repair it.");
}

void TokenizerSection::refuseUnknown(const std::string& code, const std::string& what) const {
    throw Refusal(code, m_where + ": this tokenizer uses " + what + ", which is not supported.",
                  "Take a model with another tokenizer, or train on token rows made elsewhere (data set “rows”).",
                  "Training on wrong tokens would spoil the result.");
}

const Json& TokenizerSection::member(const Json& object, const char* name) {
    static const Json nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

std::string TokenizerSection::typeOf(const Json& object, const std::string& code) const {
    if (!object.is_object() || !member(object, "type").is_string())
        refuseBroken(code, "a part of the tokenizer has no “type”");
    return object["type"].get<std::string>();
}

bool TokenizerSection::flag(const Json& object, const char* name, bool standard, const std::string& code) const {
    const Json& value = member(object, name);
    if (value.is_null())
        return standard;
    if (!value.is_boolean())
        refuseBroken(code, std::string("“") + name + "” is neither true nor false");
    return value.get<bool>();
}

namespace {

const char* const kNorm = "TK-NORM";
const char* const kPre = "TK-PRETOK";
const char* const kTemplate = "TK-TEMPLATE";
const char* const kDecoder = "TK-DECODER";

// Calls `one` for the entry, or for each member of a Sequence (of Sequences).
template <typename One>
void eachOf(const TokenizerSection& file, const Json& entry, const char* listName, const std::string& code, const One& one) {
    if (entry.is_null())
        return;
    if (file.typeOf(entry, code) != "Sequence") {
        one(entry);
        return;
    }
    const Json& list = TokenizerSection::member(entry, listName);
    if (!list.is_array())
        file.refuseBroken(code, std::string("a Sequence has no list “") + listName + "”");
    for (const Json& part : list)
        eachOf(file, part, listName, code, one);
}

// A text that may not be missing; refuses with `code`.
std::string textOf(const TokenizerSection& file, const Json& object, const char* name, const std::string& code) {
    const Json& value = TokenizerSection::member(object, name);
    if (!value.is_string())
        file.refuseBroken(code, std::string("“") + name + "” is no text");
    return value.get<std::string>();
}

// What a Replace looks for: a text that is not empty. Patterns are not run.
std::string soughtText(const TokenizerSection& file, const Json& replace, const std::string& code) {
    const Json& pattern = TokenizerSection::member(replace, "pattern");
    if (!pattern.is_object() || !TokenizerSection::member(pattern, "String").is_string())
        file.refuseUnknown(code, "a Replace by something else than a text");
    const auto text = pattern["String"].get<std::string>();
    if (text.empty())
        file.refuseBroken(code, "a Replace looks for nothing");
    return text;
}

char32_t characterOf(const TokenizerSection& file, const Json& object, const char* name, const std::string& code) {
    const std::string text = textOf(file, object, name, code);
    std::size_t at = 0;
    const char32_t character = text.empty() ? 0 : nextCodePoint(text, at);
    if (text.empty() || at != text.size())
        file.refuseBroken(code, std::string("“") + name + "” is not one character");
    return character;
}

// Older files say add_prefix_space in place of prepend_scheme.
PreTokenizer::Prefix prefixOf(const TokenizerSection& file, const Json& metaspace, const std::string& code) {
    const bool prefixed = file.flag(metaspace, "add_prefix_space", true, code);
    const Json& scheme = TokenizerSection::member(metaspace, "prepend_scheme");
    if (scheme.is_null())
        return prefixed ? PreTokenizer::Prefix::Always : PreTokenizer::Prefix::Never;
    if (!prefixed && scheme != "never")
        file.refuseBroken(code,
                          "a Metaspace has both add_prefix_space false and prepend_scheme " + scheme.dump().substr(0, 40));
    if (scheme == "always")
        return PreTokenizer::Prefix::Always;
    if (scheme == "first")
        return PreTokenizer::Prefix::First;
    if (scheme != "never")
        file.refuseUnknown(code, "Metaspace with prepend_scheme " + scheme.dump().substr(0, 40));
    return PreTokenizer::Prefix::Never;
}

void addMetaspace(const TokenizerSection& file, const Json& step, TokenizerParts& parts) {
    const PreTokenizer::Prefix prefix = prefixOf(file, step, kPre);
    std::string mark;
    appendUtf8(mark, characterOf(file, step, "replacement", kPre));
    parts.preTokenizer.addMetaspace(mark, prefix, file.flag(step, "split", true, kPre));
}

void addDecoderStep(const TokenizerSection& file, const Json& decoder, TokenDecoder& steps) {
    const std::string type = file.typeOf(decoder, kDecoder);
    const auto count = [&](const char* name) {
        const Json& value = TokenizerSection::member(decoder, name);
        if (!value.is_number_unsigned())
            file.refuseBroken(kDecoder, std::string("“") + name + "” is no number");
        return value.get<std::size_t>();
    };
    if (type == "Replace")
        steps.addReplacement(soughtText(file, decoder, kDecoder), textOf(file, decoder, "content", kDecoder));
    else if (type == "ByteFallback")
        steps.addByteFallback();
    else if (type == "Fuse")
        steps.addFuse();
    else if (type == "Strip")
        steps.addStrip(characterOf(file, decoder, "content", kDecoder), count("start"), count("stop"));
    else if (type == "Metaspace")
        steps.addMetaspace(characterOf(file, decoder, "replacement", kDecoder),
                           prefixOf(file, decoder, kDecoder) != PreTokenizer::Prefix::Never);
    else
        file.refuseUnknown(kDecoder, "the decoder " + type);
}

void addSplit(const TokenizerSection& file, const Json& split, TokenizerParts& parts) {
    const Json& behaviour = TokenizerSection::member(split, "behavior");
    if (!behaviour.is_string() || behaviour != "Isolated")
        file.refuseUnknown("TK-PATTERN", "a Split that does not keep its pieces apart (behavior is not Isolated)");
    if (file.flag(split, "invert", false, "TK-PATTERN"))
        file.refuseUnknown("TK-PATTERN", "an inverted Split");
    const Json& pattern = TokenizerSection::member(split, "pattern");
    const Json* regex = pattern.is_object() ? &TokenizerSection::member(pattern, "Regex") : &pattern;
    if (!regex->is_string())
        file.refuseUnknown("TK-PATTERN", "a Split by something else than a regular expression");
    const auto text = regex->get<std::string>();
    if (!parts.preTokenizer.addKnownPattern(text))
        file.refuseUnknown("TK-PATTERN", "the split pattern “" + text.substr(0, 200) + "”");
}

struct Template {
    std::vector<std::int32_t> before, after;
};

std::vector<std::int32_t> declaredIds(const TokenizerSection& file, const Json& processor, const std::string& name,
                                      const TokenizerParts& parts) {
    const Json& declared = TokenizerSection::member(processor, "special_tokens");
    const Json& token = declared.is_object() ? TokenizerSection::member(declared, name.c_str()) : declared;
    const Json& ids = token.is_object() ? TokenizerSection::member(token, "ids") : token;
    if (!ids.is_array())
        file.refuseBroken(kTemplate, "the template names “" + name + "”, which it does not declare");
    std::vector<std::int32_t> found;
    for (const Json& id : ids) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= parts.texts.size() ||
            parts.texts[id.get<std::size_t>()].empty())
            file.refuseBroken(kTemplate, "the template gives “" + name + "” the id " + id.dump() + ", which no token has");
        found.push_back(id.get<std::int32_t>());
    }
    return found;
}

Template templateOf(const TokenizerSection& file, const Json& processor, const char* form, const TokenizerParts& parts) {
    const Json& pieces = TokenizerSection::member(processor, form);
    if (!pieces.is_array())
        file.refuseBroken(kTemplate, std::string("the template has no list “") + form + "”");
    Template around;
    int texts = 0;
    for (const Json& piece : pieces) {
        const Json& special = piece.is_object() ? TokenizerSection::member(piece, "SpecialToken") : Json();
        const Json& sequence = piece.is_object() ? TokenizerSection::member(piece, "Sequence") : Json();
        if (sequence.is_object()) {
            ++texts;
            continue;
        }
        if (!special.is_object() || !TokenizerSection::member(special, "id").is_string())
            file.refuseBroken(kTemplate, "the template holds something that is neither a text nor a token");
        const auto ids = declaredIds(file, processor, special["id"].get<std::string>(), parts);
        auto& side = texts == 0 ? around.before : around.after;
        side.insert(side.end(), ids.begin(), ids.end());
    }
    if (texts != (std::string_view(form) == "single" ? 1 : 2))
        file.refuseBroken(kTemplate, std::string("the template “") + form + "” does not hold each text once");
    return around;
}

} // namespace

void loadNormaliser(const TokenizerSection& file, TokenizerParts& parts) {
    eachOf(file, TokenizerSection::member(file.json(), "normalizer"), "normalizers", kNorm, [&](const Json& normaliser) {
        const std::string type = file.typeOf(normaliser, kNorm);
        if (type == "NFC")
            parts.normaliser.addFormC();
        else if (type == "Prepend")
            parts.normaliser.addPrefix(textOf(file, normaliser, "prepend", kNorm));
        else if (type == "Replace")
            parts.normaliser.addReplacement(soughtText(file, normaliser, kNorm), textOf(file, normaliser, "content", kNorm));
        else
            file.refuseUnknown(kNorm, "the normaliser " + type);
    });
}

void loadPreTokenizer(const TokenizerSection& file, TokenizerParts& parts) {
    bool byteLevel = false;
    eachOf(file, TokenizerSection::member(file.json(), "pre_tokenizer"), "pretokenizers", kPre, [&](const Json& step) {
        const std::string type = file.typeOf(step, kPre);
        if (byteLevel)
            file.refuseUnknown(kPre, "a step (" + type + ") after ByteLevel");
        if (type == "Digits") {
            parts.preTokenizer.addDigits(file.flag(step, "individual_digits", false, kPre));
        } else if (type == "Split") {
            addSplit(file, step, parts);
        } else if (type == "ByteLevel") {
            byteLevel = true;
            if (file.flag(step, "add_prefix_space", true, kPre))
                parts.preTokenizer.addPrefixSpace();
            if (file.flag(step, "use_regex", true, kPre))
                parts.preTokenizer.addGpt2Pattern();
        } else if (type == "Metaspace") {
            addMetaspace(file, step, parts);
        } else {
            file.refuseUnknown(kPre, "the pre-tokenizer " + type);
        }
    });
    parts.model.byteLevel = byteLevel;
}

void loadPostProcessor(const TokenizerSection& file, TokenizerParts& parts) {
    eachOf(file, TokenizerSection::member(file.json(), "post_processor"), "processors", kTemplate, [&](const Json& processor) {
        const std::string type = file.typeOf(processor, kTemplate);
        if (type == "ByteLevel") // it moves offsets, no ids
            return;
        if (type != "TemplateProcessing")
            file.refuseUnknown(kTemplate, "the post-processor " + type);
        const Template around = templateOf(file, processor, "single", parts);
        if (!TokenizerSection::member(processor, "pair").is_null())
            templateOf(file, processor, "pair", parts);
        parts.before.insert(parts.before.begin(), around.before.begin(), around.before.end());
        parts.after.insert(parts.after.end(), around.after.begin(), around.after.end());
    });
}

// What byte-level vocabularies write only the ByteLevel decoder reads.
void loadDecoder(const TokenizerSection& file, TokenizerParts& parts) {
    int byteLevels = 0, others = 0;
    eachOf(file, TokenizerSection::member(file.json(), "decoder"), "decoders", kDecoder, [&](const Json& decoder) {
        if (file.typeOf(decoder, kDecoder) == "ByteLevel") {
            parts.decoder.addByteLevel();
            ++byteLevels;
        } else {
            addDecoderStep(file, decoder, parts.decoder);
            ++others;
        }
    });
    if (parts.model.byteLevel && (byteLevels != 1 || others != 0))
        file.refuseUnknown(kDecoder, "not exactly one decoder, of the type ByteLevel, for its byte alphabet");
    if (!parts.model.byteLevel && (byteLevels != 0 || others == 0))
        file.refuseUnknown(kDecoder, "no decoder, or a ByteLevel decoder without a byte alphabet");
}

TokenizerParts loadTokenizerParts(std::string_view text, const std::string& where) {
    const Json json = parseStrictJson(text, where, "TK");
    const TokenizerSection file(json, where);
    if (!json.is_object())
        file.refuseBroken("TK-JSON", "the file holds no JSON object");
    const Json& version = TokenizerSection::member(json, "version");
    if (!version.is_null() && version != "1.0")
        file.refuseUnknown("TK-VERSION", "version " + version.dump() + " of the format");
    TokenizerParts parts;
    loadPreTokenizer(file, parts);
    loadNormaliser(file, parts);
    loadDecoder(file, parts);
    loadModel(file, parts);
    loadAddedTokens(file, parts);
    loadPostProcessor(file, parts);
    return parts;
}

} // namespace lolcats
