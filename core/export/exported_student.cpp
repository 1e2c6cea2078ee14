// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/exported_student.h"

#include "core/attention/attention.h"
#include "core/export/exporter.h"
#include "core/export/published_names.h"
#include "core/export/python_files.h"
#include "core/families/model_family.h"
#include "core/model/model_loading.h"
#include "core/model/rotary.h"
#include "core/records/failure.h"

#include <torch/types.h>

#include <algorithm>

namespace lolcats {

namespace {

// An export seen as the model it was made from: the student's own tensors out of sight.
class BaseOfExport final : public ModelSource {
public:
    explicit BaseOfExport(const std::shared_ptr<const ModelSource>& source) : BaseOfExport(*source) { m_held = source; }
    explicit BaseOfExport(const ModelSource& source) : m_source(source), m_config(source.config()) {
        m_config["model_type"] = m_config["lolcats"].value("base_model_type", std::string());
        m_config["architectures"] = m_config["lolcats"].value("base_architectures", Json::array());
        m_config.erase("lolcats");
        for (const StoredTensor& tensor : source.tensors())
            if (!ourTensorName(tensor.name, 0))
                m_tensors.push_back(tensor);
    }
    const std::string& path() const override { return m_source.path(); }
    std::string format() const override { return m_source.format(); }
    std::string name() const override { return m_source.name(); }
    const Json& config() const override { return m_config; }
    const std::vector<StoredTensor>& tensors() const override { return m_tensors; }
    void readFloats(const std::string& name, std::span<float> out) const override { m_source.readFloats(name, out); }
    std::string tokenizerJson() const override { return m_source.tokenizerJson(); }
    std::map<std::string, std::string> sideFiles() const override { return m_source.sideFiles(); }
    std::vector<std::string> weightFiles() const override { return m_source.weightFiles(); }
    std::vector<std::string> notices() const override { return m_source.notices(); }

private:
    std::shared_ptr<const ModelSource> m_held; // where it is to live as long as this
    const ModelSource& m_source;
    Json m_config;
    std::vector<StoredTensor> m_tensors;
};

[[noreturn]] void refuseDescription(const std::string& what) {
    throw Refusal("CFG-LOLCATS", "The config.json says model_type “lolcats”, but its object “lolcats” " + what + ".",
                  "Export the run again.");
}

OptionValue optionFrom(const Json& json) {
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_number_integer())
        return json.get<std::int64_t>();
    if (json.is_number())
        return json.get<double>();
    if (json.is_string())
        return json.get<std::string>();
    refuseDescription("holds an option that is no plain value");
}

// The rotary settings as one object, also where the source repeats them for each kind of layer.
void flattenRope(Json& config) {
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        const auto rope = config.find(key);
        if (rope == config.end() || !rope->is_object() || rope->empty())
            continue;
        if (std::all_of(rope->begin(), rope->end(), [](const Json& value) { return value.is_object(); })) {
            const Json first = *rope->begin();
            *rope = first;
        }
    }
}

// What a family means where its config is silent: the exported config is of no family.
void saySilentValues(const DecoderShape& shape, Json& config) {
    flattenRope(config);
    const auto say = [&](const char* key, const Json& value) {
        if (!config.contains(key) || config[key].is_null())
            config[key] = value;
    };
    say("num_key_value_heads", shape.kvHeads);
    say("head_dim", shape.headDim);
    say("max_position_embeddings", shape.maxPositions);
    say("rms_norm_eps", shape.rmsEps);
    say("hidden_act", shape.activation);
    say("tie_word_embeddings", shape.tied);
    const auto named = [&](const char* key) {
        const auto rope = config.find(key);
        return rope != config.end() && rope->is_object() && rope->contains("rope_theta");
    };
    if (!named("rope_scaling") && !named("rope_parameters"))
        say("rope_theta", shape.rope.theta);
}

} // namespace

std::string exportedTensorName(std::int64_t layer, const std::string& name) {
    return "model.layers." + std::to_string(layer) + ".self_attn." + name;
}

Json exportedConfig(const ModelSource& source, const ConversionPlan& plan, const std::string& dtype) {
    const DecoderShape shape = familyOf(source.config()).shape(source.config());
    Json config = source.config();
    saySilentValues(shape, config);
    Json student;
    if (!shape.windows.empty())
        student["softmax_window"] = shape.windows; // of a layer that is kept softmax; 0: all keys
    student["version"] = 1;
    student["base_model_type"] = config.value("model_type", std::string());
    student["base_architectures"] = config.value("architectures", Json::array());
    student["attention"] = plan.attention;
    student["feature_map"] = plan.featureMap;
    student["keep_softmax"] = plan.keepSoftmax;
    student["trained_length"] = plan.length;
    if (const std::vector<double> frequencies = fixedFrequencies(shape.rope, shape.headDim); !frequencies.empty())
        student["frequencies"] = frequencies; // of the rotary positions, for an attention that turns keys back
    for (const auto& [name, value] : plan.options)
        student["options"][name] = std::visit([](const auto& plain) { return Json(plain); }, value);
    config["model_type"] = kExportedModelType;
    config["architectures"] = Json::array({"LolcatsForCausalLM"});
    config["auto_map"] = {{"AutoConfig", "configuration_lolcats.LolcatsConfig"},
                          {"AutoModel", "modeling_lolcats.LolcatsModel"},
                          {"AutoModelForCausalLM", "modeling_lolcats.LolcatsForCausalLM"}};
    config["torch_dtype"] = dtype;
    config.erase("dtype");
    config["lolcats"] = student;
    return config;
}

std::map<std::string, std::string> exportSideFiles(const ModelSource& source) {
    std::map<std::string, std::string> files = source.sideFiles();
    Json generation = {{"_from_model_config", true}};
    for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
        if (const auto found = source.config().find(key); found != source.config().end() && !found->is_null())
            generation[key] = *found;
    if (files.contains("tokenizer.model") && !files.contains("tokenizer.json"))
        try {
            files["tokenizer.json"] = source.tokenizerJson(); // so that whoever opens the export needs no SentencePiece
        } catch (const Refusal&) {
            // Of a kind that is not read: it is carried over as it is.
        }
    files.try_emplace("generation_config.json", generation.dump(2) + "\n");
    for (const auto& [name, text] : pythonFiles())
        files[name] = text;
    return files;
}

ConversionPlan exportedPlan(const Json& config) {
    const auto found = config.find("lolcats");
    if (found == config.end() || !found->is_object())
        refuseDescription("is missing");
    const Json& student = *found;
    if (!student.contains("version") || student["version"] != 1)
        refuseDescription("has a version that this program does not read");
    ConversionPlan plan;
    for (const char* name : {"attention", "feature_map", "base_model_type"})
        if (!student.contains(name) || !student[name].is_string())
            refuseDescription(std::string("has no word “") + name + "”");
    plan.attention = student["attention"].get<std::string>();
    plan.featureMap = student["feature_map"].get<std::string>();
    if (const auto kept = student.find("keep_softmax"); kept != student.end()) {
        if (!kept->is_array())
            refuseDescription("has a “keep_softmax” that is no list");
        for (const Json& layer : *kept) {
            if (!layer.is_number_integer())
                refuseDescription("has a “keep_softmax” with something that is no layer");
            plan.keepSoftmax.push_back(layer.get<std::int64_t>());
        }
    }
    if (const auto options = student.find("options"); options != student.end() && options->is_object())
        for (const auto& [name, value] : options->items())
            plan.options[name] = optionFrom(value);
    return plan;
}

bool isExportedStudent(const ModelSource& source) {
    const auto type = source.config().find("model_type");
    return type != source.config().end() && type->is_string() && type->get<std::string>() == kExportedModelType;
}

namespace {

ExportedModel withStudents(DecoderModel model, const ModelSource& source) {
    ExportedModel exported{std::move(model), {}};
    exported.students = makeStudents(exportedPlan(source.config()), exported.model.shape());
    for (std::size_t layer = 0; layer < exported.students.size(); ++layer) {
        if (exported.students[layer] == nullptr)
            continue;
        for (const NamedTensor& named : learnedTensors(*exported.students[layer])) {
            const std::string name = exportedTensorName(static_cast<std::int64_t>(layer), named.name);
            const StoredTensor* stored = source.find(name);
            if (stored == nullptr || stored->shape != named.tensor.sizes().vec())
                throw Refusal("CFG-LOLCATS",
                              "The tensor " + name + " is missing in " + source.path() + ", or has another shape.",
                              "Export the run again.");
            std::vector<float> values(static_cast<std::size_t>(named.tensor.numel()));
            source.readFloats(name, values);
            named.tensor.data().copy_(at::from_blob(values.data(), named.tensor.sizes(), at::kFloat));
        }
    }
    installStudents(exported.model, exported.students);
    return exported;
}

} // namespace

ExportedModel loadExportedStudent(const ModelSource& source, const std::string& dtype, const std::string& device) {
    const BaseOfExport base(source);
    return withStudents(loadModel(base, checkModel(base), dtype, device, [](double) { return true; }), source);
}

ExportedModel openExportedStudent(const std::shared_ptr<const ModelSource>& source, const std::string& dtype,
                                  const std::string& device) {
    const auto base = std::make_shared<BaseOfExport>(source);
    return withStudents(openModel(base, checkModel(*base), dtype, device), *source);
}

} // namespace lolcats
