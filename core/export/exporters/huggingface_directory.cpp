// SPDX-License-Identifier: GPL-3.0-or-later
// A Hugging Face directory: adapters merged, feature maps and factors beside the weights, config.json says what the student is.
#include "core/export/exported_student.h"
#include "core/export/exporter.h"
#include "core/export/model_card.h"
#include "core/export/python_files.h"
#include "core/families/decoder_config.h"
#include "core/files/safetensors.h"
#include "core/model/lora.h"
#include "core/records/failure.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace lolcats {

namespace {

constexpr std::int64_t kStudentTensorsShare = 50'000'000; // room that a shard keeps for feature maps

struct OutgoingTensor {
    std::string name;
    at::Tensor tensor;       // of a block: perhaps a stand-in for what is read when it is written
    bool keepsFloat = false; // trained in float32, kept so
    std::int64_t layer = -1; // of a block's own tensors
    std::size_t place = 0;   // among those of its block
};

void addProjection(std::vector<OutgoingTensor>& out, const std::string& name, const Projection& projection) {
    out.push_back({name + ".weight", projection.weight});
    if (projection.bias.defined())
        out.push_back({name + ".bias", projection.bias});
}

void addFeedForward(std::vector<OutgoingTensor>& out, const std::string& prefix, const DecoderBlock& block) {
    if (block.router.defined())
        out.push_back({prefix + kRouterName, block.router});
    for (std::size_t index = 0; index < block.experts.size(); ++index) {
        const ExpertNames names = expertNames(static_cast<std::int64_t>(index));
        out.push_back({prefix + names.gate, block.experts[index].gate});
        out.push_back({prefix + names.up, block.experts[index].up});
        out.push_back({prefix + names.down, block.experts[index].down});
    }
    if (!block.experts.empty())
        return;
    const auto add = [&](const char* name, const at::Tensor& weight, const at::Tensor& bias) {
        out.push_back({prefix + name + ".weight", weight});
        if (bias.defined())
            out.push_back({prefix + name + ".bias", bias});
    };
    add("mlp.gate_proj", block.gate, block.gateBias);
    add("mlp.up_proj", block.up, block.upBias);
    add("mlp.down_proj", block.down, block.downBias);
}

std::vector<OutgoingTensor> blockTensors(std::int64_t layer, const DecoderBlock& block) {
    std::vector<OutgoingTensor> out;
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    out.push_back({prefix + "input_layernorm.weight", block.attentionNorm});
    out.push_back({prefix + "post_attention_layernorm.weight", block.feedForwardNorm});
    addProjection(out, prefix + "self_attn.q_proj", block.q);
    addProjection(out, prefix + "self_attn.k_proj", block.k);
    addProjection(out, prefix + "self_attn.v_proj", block.v);
    addProjection(out, prefix + "self_attn.o_proj", block.o);
    if (block.qNorm.defined()) {
        out.push_back({prefix + "self_attn.q_norm.weight", block.qNorm});
        out.push_back({prefix + "self_attn.k_norm.weight", block.kNorm});
    }
    addFeedForward(out, prefix, block);
    for (std::size_t place = 0; place < out.size(); ++place) {
        out[place].layer = layer;
        out[place].place = place;
    }
    return out;
}

// The block that is being written, with its adapters merged; the one before is let go.
class MergedBlock {
public:
    explicit MergedBlock(const DecoderModel& student) : m_student(student) {}
    at::Tensor tensor(const OutgoingTensor& out) {
        if (out.layer != m_layer) {
            m_tensors.clear();
            DecoderBlock block = m_student.wholeBlock(out.layer);
            mergeLora(block);
            m_tensors = blockTensors(out.layer, block);
            m_layer = out.layer;
        }
        return m_tensors[out.place].tensor;
    }

private:
    const DecoderModel& m_student;
    std::int64_t m_layer = -1;
    std::vector<OutgoingTensor> m_tensors;
};

std::vector<OutgoingTensor> outgoing(const DecoderModel& merged, const Students& students) {
    std::vector<OutgoingTensor> out = {{"model.embed_tokens.weight", merged.embedding()},
                                       {"model.norm.weight", merged.finalNorm()}};
    if (!merged.shape().tied)
        out.push_back({"lm_head.weight", merged.head()});
    if (const std::vector<float>& divisors = merged.shape().rope.divisors;
        !divisors.empty()) // config.json has no word for them
        out.push_back({"rope_freqs.weight", at::tensor(divisors, at::kFloat), true});
    for (std::size_t layer = 0; layer < merged.blocks().size(); ++layer) {
        const std::vector<OutgoingTensor> block = blockTensors(static_cast<std::int64_t>(layer), merged.blocks()[layer]);
        out.insert(out.end(), block.begin(), block.end());
        if (layer < students.size() && students[layer] != nullptr)
            for (const NamedTensor& named : learnedTensors(*students[layer]))
                out.push_back({exportedTensorName(static_cast<std::int64_t>(layer), named.name), named.tensor, true});
    }
    return out;
}

// What the Python files cannot guess: which modules of a layer have a bias, which tensors a converted layer learned.
void describeTensors(const std::vector<OutgoingTensor>& tensors, Json& config) {
    Json biases = Json::array();
    Json learned = Json::object();
    for (const OutgoingTensor& out : tensors) {
        const std::string attention = ".self_attn.";
        const std::string first = "model.layers.0.";
        if (out.name.starts_with(first) && out.name.ends_with(".bias"))
            biases.push_back(out.name.substr(first.size(), out.name.size() - first.size() - std::string(".bias").size()));
        if (const auto found = out.name.find(attention); out.keepsFloat && found != std::string::npos)
            learned[out.name.substr(found + attention.size())] = out.tensor.sizes().vec();
        if (out.name.ends_with(".q_norm.weight"))
            config["head_norms"] = true;
        if (out.name == "rope_freqs.weight")
            config["rope_freqs"] = true;
    }
    config["biases"] = biases;
    config["tensors"] = learned;
}

at::ScalarType typeOf(const std::string& dtype) {
    return dtype == "bfloat16" ? at::kBFloat16 : dtype == "float16" ? at::kHalf : at::kFloat;
}

SafetensorsSource sourceOf(const OutgoingTensor& out, const std::string& dtype, MergedBlock& block, Progress& progress) {
    const at::ScalarType type = out.keepsFloat ? at::kFloat : typeOf(dtype);
    const std::string word = type == at::kFloat ? "F32" : type == at::kHalf ? "F16" : "BF16";
    return {out.name, word, out.tensor.sizes().vec(), [out, type, &block, &progress] {
                if (progress.mayGoOn().stop)
                    throw Refusal("INT-STOPPED", "The export was stopped.", "Start it again.");
                const at::Tensor tensor = out.layer < 0 ? out.tensor : block.tensor(out);
                const at::Tensor plain = tensor.detach().to(at::kCPU, type).contiguous();
                const auto* bytes = static_cast<const std::byte*>(plain.data_ptr());
                return std::vector<std::byte>(bytes, bytes + plain.nbytes());
            }};
}

std::int64_t bytesOfShape(const OutgoingTensor& out, const std::string& dtype) {
    return out.tensor.numel() * (out.keepsFloat || dtype == "float32" ? 4 : 2);
}

std::string shardName(std::size_t index, std::size_t count) {
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return count == 1 ? "model.safetensors" : name;
}

void writeWeights(const std::vector<OutgoingTensor>& tensors, const std::string& dtype, std::int64_t shardBytes,
                  const std::string& folder, MergedBlock& block, Progress& progress) {
    std::vector<std::vector<const OutgoingTensor*>> shards(1);
    std::int64_t filled = 0;
    std::int64_t total = 0;
    for (const OutgoingTensor& out : tensors) {
        const std::int64_t bytes = bytesOfShape(out, dtype);
        if (filled > 0 && filled + bytes > shardBytes) {
            shards.emplace_back();
            filled = 0;
        }
        shards.back().push_back(&out);
        filled += bytes;
        total += bytes;
    }
    Json index;
    index["metadata"]["total_size"] = total;
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
        const std::string name = shardName(shard, shards.size());
        std::vector<SafetensorsSource> sources;
        for (const OutgoingTensor* out : shards[shard]) {
            sources.push_back(sourceOf(*out, dtype, block, progress));
            index["weight_map"][out->name] = name;
        }
        writeSafetensors(folder + "/" + name, std::move(sources), {{"format", "pt"}});
        progress.report(FileWritten{name, static_cast<std::int64_t>(std::filesystem::file_size(folder + "/" + name))});
    }
    if (shards.size() > 1)
        writeFile(folder + "/model.safetensors.index.json", index.dump(2) + "\n");
}

void write(const ExportSubject& subject, const ExportRequest& request, const std::string& folder, Progress& progress) {
    const at::NoGradGuard noGrad;
    const OptionValues options = completed(exporterPart("huggingface").choice, request.options);
    const std::string& dtype = textOption(options, "dtype");
    const auto shardBytes = static_cast<std::int64_t>(numberOption(options, "shard_gb") * 1e9);
    MergedBlock block(*subject.student);
    writeWeights(outgoing(*subject.student, *subject.students), dtype, std::max(shardBytes, kStudentTensorsShare), folder,
                 block, progress);
    const auto text = [&](const std::string& name, const std::string& content) {
        writeFile(folder + "/" + name, content);
        progress.report(FileWritten{name, static_cast<std::int64_t>(content.size())});
    };
    text("config.json", studentConfig(subject, dtype).dump(2) + "\n");
    for (const auto& [name, content] : exportSideFiles(*subject.source))
        text(name, content);
    text("README.md", modelCard(subject, request));
}

ExportForecast forecast(const ModelSource& source, const ConversionPlan& plan) {
    ExportForecast all;
    std::int64_t parameters = 0;
    for (const StoredTensor& tensor : source.tensors()) {
        std::int64_t count = 1;
        for (const std::int64_t size : tensor.shape)
            count *= size;
        parameters += count;
    }
    all.files.push_back({"model.safetensors", parameters * 4,
                         "weights with the adapters merged in, feature maps and factors (" + plan.attention + ")"});
    all.files.push_back({"config.json", 2000, "the model's shape, and what its linear layers are"});
    for (const auto& [name, content] : exportSideFiles(source))
        all.files.push_back({name, static_cast<std::int64_t>(content.size()),
                             pythonFiles().contains(name) ? "runs the model in transformers" : "carried over"});
    all.files.push_back({"README.md", 3000, "a model card with the conversion's figures"});
    for (const ExportForecast::File& file : all.files)
        all.bytes += file.bytes;
    return all;
}

DecoderModel readBack(const ExportSubject& /*subject*/, const std::string& folder) {
    return openExportedStudent(openModelSource(folder), "float32", "cpu").model;
}

} // namespace

Json studentConfig(const ExportSubject& subject, const std::string& dtype) {
    Json config = exportedConfig(*subject.source, *subject.plan, dtype);
    describeTensors(outgoing(*subject.student, *subject.students), config["lolcats"]);
    return config;
}

ExporterPart huggingfaceDirectory() {
    Choice choice;
    choice.id = "huggingface";
    choice.title = "Hugging Face directory";
    choice.sentence =
        "Merged weights in safetensors with config.json, tokenizer, model card and the Python files that transformers and "
        "lm-evaluation-harness run it with.";
    choice.options = {
        describedWord("dtype", "Weights in", {"float32", "bfloat16", "float16"},
                      "Type of the weights; feature maps and factors stay float32."),
        describedNumber("shard_gb", "Shard size", 5, 0.05, 1000, "GB", "A larger model is written in several files.")};
    return {choice,
            write,
            readBack,
            forecast,
            [](const std::string& folder) {
                return ExporterPart::Next{"Measure it with lm-evaluation-harness:", evaluationCommand(folder)};
            },
            true};
}

} // namespace lolcats
