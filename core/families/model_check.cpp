// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/config_reader.h"
#include "core/families/model_family.h"
#include "core/records/failure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace lolcats {

namespace {

constexpr std::size_t mostLines = 50;
const char* const divisorsName = "rope_freqs.weight";
const char* const headName = "lm_head.weight";
const char* const embeddingName = "model.embed_tokens.weight";

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

// The buffers that old versions of the library saved along with the weights.
bool isIgnored(const std::string& name) {
    return name.ends_with(".rotary_emb.inv_freq") || name.ends_with(".masked_bias") || name.ends_with(".attn.bias");
}

void refuseQuantisedTensors(const ModelSource& source) {
    static const std::array<const char*, 8> marks = {".qweight", ".qzeros", ".scales",           ".absmax",
                                                     ".g_idx",   ".SCB",    ".weight_scale_inv", ".weight_scale"};
    if (source.format() == "gguf")
        return;
    for (const StoredTensor& tensor : source.tensors()) {
        const bool marked =
            std::any_of(marks.begin(), marks.end(), [&](const char* mark) { return tensor.name.ends_with(mark); });
        const bool isFloat = tensor.type == "F32" || tensor.type == "F16" || tensor.type == "BF16" || tensor.type == "F64";
        if (marked || (tensor.name.ends_with("_proj.weight") && !isFloat))
            refuseConfig("CFG-QUANT",
                         "The weights in " + source.path() + " are quantised: tensor \"" + tensor.name + "\" is of type " +
                             tensor.type + ".",
                         "Use the unquantised checkpoint, or a GGUF file.");
    }
}

struct Differences {
    std::vector<std::string> lines;
    std::string firstCode;
    void add(const std::string& code, const std::string& line) {
        if (lines.empty())
            firstCode = code;
        lines.push_back(line);
    }
};

std::string codeOfMissing(const std::string& name, const DecoderShape& shape) {
    return name == headName && !shape.tied ? "CFG-TIE" : "CFG-SHAPE";
}

std::string codeOfExtra(const std::string& name) {
    return name.ends_with(".bias") ? "CFG-SHAPE" : "CFG-EXTRA";
}

Differences compare(const ModelSource& source, const ModelFamily& family, const DecoderShape& shape) {
    std::unordered_map<std::string, const StoredTensor*> stored;
    for (const StoredTensor& tensor : source.tensors())
        stored.emplace(tensor.name, &tensor);
    Differences differences;
    for (const ExpectedTensor& expected : family.tensors(shape)) {
        const auto found = stored.find(expected.name);
        if (found == stored.end()) {
            differences.add(codeOfMissing(expected.name, shape),
                            expected.name + " is missing; it should be " + shapeText(expected.shape));
            continue;
        }
        if (found->second->shape != expected.shape)
            differences.add("CFG-SHAPE", expected.name + " is " + shapeText(found->second->shape) +
                                             ", but the config asks for " + shapeText(expected.shape));
        stored.erase(found);
    }
    for (const StoredTensor& tensor : source.tensors()) {
        if (stored.count(tensor.name) == 0 || isIgnored(tensor.name) || tensor.name == divisorsName)
            continue;
        if (tensor.name == headName && shape.tied && tensor.shape == std::vector{shape.vocabulary, shape.hidden})
            continue;
        differences.add(codeOfExtra(tensor.name), tensor.name + " " + shapeText(tensor.shape) + " is not part of such a model");
    }
    return differences;
}

void refuseDifferences(const ModelSource& source, const Differences& differences) {
    if (differences.lines.empty())
        return;
    std::string detail;
    const std::size_t shown =
        std::min(differences.lines.size(), differences.lines.size() > mostLines ? mostLines - 1 : mostLines);
    for (std::size_t i = 0; i < shown; ++i)
        detail += differences.lines[i] + "\n";
    if (shown < differences.lines.size())
        detail += "and " + std::to_string(differences.lines.size() - shown) + " more\n";
    const std::string count =
        differences.lines.size() == 1 ? "one tensor: " : std::to_string(differences.lines.size()) + " tensors, the first: ";
    throw Refusal(differences.firstCode,
                  "The weights in " + source.path() + " do not fit the config in " + count + differences.lines.front() + ".",
                  "Get config and weights of one and the same model.", detail);
}

std::vector<float> allFloats(const ModelSource& source, const StoredTensor& tensor) {
    std::size_t elements = 1;
    for (const std::int64_t dimension : tensor.shape)
        elements *= static_cast<std::size_t>(dimension);
    std::vector<float> values(elements);
    source.readFloats(tensor.name, values);
    return values;
}

void readDivisors(const ModelSource& source, DecoderShape& shape) {
    const StoredTensor* tensor = source.find(divisorsName);
    if (tensor == nullptr)
        return;
    if (tensor->shape != std::vector{shape.headDim / 2})
        refuseConfig("CFG-SHAPE", "Tensor rope_freqs.weight of " + source.path() + " is " + shapeText(tensor->shape) +
                                      " instead of [" + std::to_string(shape.headDim / 2) + "].");
    if (shape.rope.type != "default")
        refuseConfig("CFG-ROPE", source.path() + " scales its rotation twice: by rope_freqs.weight and by the type " +
                                     shape.rope.type + ".");
    shape.rope.divisors = allFloats(source, *tensor);
    for (const float divisor : shape.rope.divisors)
        if (!std::isfinite(divisor) || divisor <= 0)
            refuseConfig("CFG-ROPE",
                         "Tensor rope_freqs.weight of " + source.path() + " holds a divisor that is not a number above 0.");
}

void refuseUntied(const ModelSource& source, const DecoderShape& shape) {
    const StoredTensor* head = source.find(headName);
    if (!shape.tied || head == nullptr)
        return;
    if (allFloats(source, *head) != allFloats(source, *source.find(embeddingName)))
        refuseConfig("CFG-TIE",
                     "The config says that output and embedding are one matrix (tie_word_embeddings), but " + source.path() +
                         " holds a different lm_head.weight.",
                     "Set tie_word_embeddings to false if lm_head.weight is the right one.");
}

} // namespace

CheckedModel checkModel(const ModelSource& source) {
    const ModelFamily& family = familyOf(source.config());
    DecoderShape shape = family.shape(source.config());
    refuseQuantisedTensors(source);
    // More layers, or experts in them, than tensors: nothing is listed name by name that the file cannot hold.
    if (static_cast<std::size_t>(shape.layers * std::max<std::int64_t>(shape.experts.count, 1)) > source.tensors().size())
        refuseConfig("CFG-SHAPE",
                     "The config has " + std::to_string(shape.layers) + " layers" +
                         (shape.experts.count > 0 ? " of " + std::to_string(shape.experts.count) + " experts" : "") + ", but " +
                         source.path() + " holds only " + std::to_string(source.tensors().size()) + " tensors.");
    refuseDifferences(source, compare(source, family, shape));
    readDivisors(source, shape);
    refuseUntied(source, shape);
    return {&family, std::move(shape)};
}

void checkVocabulary(const DecoderShape& shape, std::int64_t tokenizerSize) {
    if (tokenizerSize > shape.vocabulary)
        refuseConfig("CFG-VOCAB",
                     "The tokenizer has " + std::to_string(tokenizerSize) + " tokens, but the model has embeddings for " +
                         std::to_string(shape.vocabulary) + " only.",
                     "Get tokenizer and model from one and the same source.");
}

} // namespace lolcats
