// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/plan_options.h"
#include "core/records/export_words.h"

namespace lolcats {

namespace {

struct TokenizeArguments {
    std::string model;
    std::string text;
    std::string file;
    std::string decode;
    bool special = false;
};

OrderedJson summaryJson(const ModelSummary& model) {
    OrderedJson json = {{"path", model.path},
                        {"format", model.format},
                        {"name", model.name},
                        {"family", model.family},
                        {"architecture", model.architecture},
                        {"layers", model.layers},
                        {"hidden", model.hidden},
                        {"intermediate", model.intermediate},
                        {"heads", model.heads},
                        {"kv_heads", model.kvHeads},
                        {"head_dim", model.headDim},
                        {"vocabulary", model.vocabulary},
                        {"context", model.context},
                        {"rope_theta", model.ropeTheta},
                        {"rope_scaling", model.ropeScaling},
                        {"tied", model.tied},
                        {"parameters", model.parameters},
                        {"stored_bytes", model.storedBytes},
                        {"tensors", model.tensors}};
    json["types"] = model.types;
    json["tokenizer"] = {{"usable", model.tokenizerUsable}, {"kind", model.tokenizer}};
    json["chat_template"] = {{"name", model.chat}, {"text", model.chatTemplate}};
    json["convertible"] = model.convertible;
    json["verdict"] = model.verdict;
    json["notices"] = model.notices;
    return json;
}

OrderedJson forecastJson(const Forecast& forecast) {
    return {{"weight_bytes", forecast.weightBytes},         {"transfer_bytes", forecast.transferBytes},
            {"finetune_bytes", forecast.finetuneBytes},     {"run_file_bytes", forecast.runFileBytes},
            {"available_bytes", forecast.availableBytes},   {"trained", forecast.trained},
            {"seconds_transfer", forecast.secondsTransfer}, {"seconds_finetune", forecast.secondsFinetune},
            {"seconds_measure", forecast.secondsMeasure},   {"basis", forecast.basis}};
}

void printSummary(const ModelSummary& model) {
    printResult(model.name + ": " + model.family + ", " + model.format);
    printResult("architecture  " + model.architecture + ", " + std::to_string(model.layers) + " layers, hidden " +
                std::to_string(model.hidden) + ", intermediate " + std::to_string(model.intermediate));
    printResult("attention     " + std::to_string(model.heads) + " heads of " + std::to_string(model.headDim) + ", " +
                std::to_string(model.kvHeads) + " of keys and values");
    printResult("positions     up to " + std::to_string(model.context) + ", theta " + numberText(model.ropeTheta, 0) +
                ", scaling " + model.ropeScaling);
    printResult("parameters    " + std::to_string(model.parameters) + " in " + std::to_string(model.tensors) + " tensors, " +
                bytesText(model.storedBytes) + (model.tied ? ", output tied to the embedding" : ""));
    std::string types;
    for (const auto& [type, count] : model.types)
        types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    printResult("stored as     " + types);
    printResult("vocabulary    " + std::to_string(model.vocabulary));
    printResult("tokenizer     " + std::string(model.tokenizerUsable ? "" : "not usable: ") + model.tokenizer);
    printResult("chat template " + model.chat);
    for (const std::string& notice : model.notices)
        printResult("note          " + notice);
    printResult(model.verdict);
}

int inspect(const Session& session, const std::string& path) {
    const auto engine = openedEngine(session);
    const ModelSummary model = engine->inspect(absolutePath(path));
    std::optional<Forecast> forecast;
    if (model.convertible) {
        ConversionPlan plan = planFromPreset("default", engine->catalogue());
        plan.model = absolutePath(path);
        forecast = engine->forecast(plan);
    }
    if (session.json) {
        OrderedJson json = summaryJson(model);
        json["forecast"] = forecast ? forecastJson(*forecast) : OrderedJson(nullptr);
        printResult(jsonDocument(json));
        return 0;
    }
    printSummary(model);
    if (forecast)
        printResult("memory        transfer " + bytesText(forecast->transferBytes) + ", finetune " +
                    bytesText(forecast->finetuneBytes) + " with the default plan; " + bytesText(forecast->availableBytes) +
                    " free");
    return 0;
}

int tokenize(const Session& session, const TokenizeArguments& arguments, bool textGiven) {
    const auto engine = openedEngine(session);
    const std::string model = absolutePath(arguments.model);
    if (!arguments.decode.empty()) {
        std::vector<std::int32_t> ids;
        for (const std::int64_t id : integersFromText(arguments.decode, "--decode"))
            ids.push_back(static_cast<std::int32_t>(id));
        const std::string text = engine->detokenize(model, ids);
        printResult(session.json ? jsonLine({{"text", text}}) : text);
        return 0;
    }
    if (!textGiven && arguments.file.empty())
        throw Refusal("ARG-TEXT", "No text was given.", "Give one of --text, --file and --decode.");
    const std::string text = textGiven ? arguments.text : textOfFile(arguments.file);
    const Engine::Tokens tokens = engine->tokenize(model, text, arguments.special);
    if (session.json) {
        printResult(jsonLine({{"ids", tokens.ids}, {"pieces", tokens.pieces}}));
        return 0;
    }
    std::string line;
    for (const std::int32_t id : tokens.ids)
        line += (line.empty() ? "" : " ") + std::to_string(id);
    printResult(line);
    return 0;
}

OrderedJson valueJson(const OptionValue& value) {
    return std::visit([](const auto& held) { return OrderedJson(held); }, value);
}

OrderedJson optionJson(const OptionDescription& option) {
    static const char* const kinds[] = {"flag", "integer", "number", "text", "word"};
    OrderedJson json = {{"name", option.name},
                        {"option", optionOf(option.name)},
                        {"title", option.title},
                        {"kind", kinds[static_cast<std::size_t>(option.kind)]},
                        {"default", valueJson(option.standard)}};
    if (option.kind == OptionKind::Integer || option.kind == OptionKind::Number) {
        json["minimum"] = option.minimum;
        json["maximum"] = option.maximum;
    }
    if (!option.words.empty())
        json["words"] = option.words;
    json["unit"] = option.unit;
    json["sentence"] = option.sentence;
    return json;
}

void listChoices(const Session& session, const std::vector<Choice>& choices) {
    OrderedJson json = OrderedJson::array();
    for (const Choice& choice : choices) {
        if (session.json) {
            OrderedJson entry = {{"id", choice.id}, {"title", choice.title}, {"sentence", choice.sentence}};
            entry["options"] = OrderedJson::array();
            for (const OptionDescription& option : choice.options)
                entry["options"].push_back(optionJson(option));
            json.push_back(std::move(entry));
            continue;
        }
        printResult(choice.id + ": " + choice.title + ". " + choice.sentence);
        for (const OptionDescription& option : choice.options)
            printResult("    " + optionOf(option.name) + "  " + optionSentence(option));
    }
    if (session.json)
        printResult(jsonDocument(json));
}

int listPresets(const Session& session, const std::vector<Preset>& presets) {
    OrderedJson json = OrderedJson::array();
    for (const Preset& preset : presets) {
        OrderedJson values = OrderedJson::object();
        std::string words;
        for (const auto& [name, value] : preset.values) {
            values[name] = valueJson(value);
            words += " " + optionOf(name) + " " + optionText(value);
        }
        json.push_back({{"id", preset.id}, {"title", preset.title}, {"sentence", preset.sentence}, {"values", values}});
        if (!session.json)
            printResult(preset.id + ": " + preset.title + ". " + preset.sentence + (words.empty() ? "" : "\n   " + words));
    }
    if (session.json)
        printResult(jsonDocument(json));
    return 0;
}

int list(const Session& session, const std::string& kind) {
    const auto engine = openedEngine(session);
    const Catalogue& catalogue = engine->catalogue();
    if (kind == "presets")
        return listPresets(session, catalogue.presets);
    listChoices(session, kind == "attentions"     ? catalogue.attentions
                         : kind == "feature-maps" ? catalogue.featureMaps
                         : kind == "families"     ? catalogue.families
                         : kind == "datasets"     ? catalogue.datasets
                         : kind == "exporters"    ? catalogue.exporters
                                                  : catalogue.tasks);
    if (kind == "exporters" && !session.json)
        printResult(kNoGguf);
    return 0;
}

} // namespace

void addInspectVerbs(CLI::App& app, Session& session) {
    auto model = std::make_shared<std::string>();
    CLI::App* verb = addVerb(app, session, "inspect", "What a model is and what can be converted; reads headers only",
                             [model, &session] { return inspect(session, *model); });
    verb->add_option("MODEL", *model, "A GGUF file or a Hugging Face directory")->required();

    auto asked = std::make_shared<TokenizeArguments>();
    auto textOption = std::make_shared<CLI::Option*>(nullptr);
    verb = addVerb(app, session, "tokenize", "Token ids of a text, and back",
                   [asked, textOption, &session] { return tokenize(session, *asked, (*textOption)->count() > 0); });
    verb->add_option("MODEL", asked->model, "The model whose tokenizer it is")->required();
    *textOption = verb->add_option("--text", asked->text, "The text itself");
    CLI::Option* file = verb->add_option("--file", asked->file, "A file with the text")->excludes(*textOption);
    verb->add_option("--decode", asked->decode, "Ids to turn back into text, for example 1,2,3")
        ->excludes(*textOption)
        ->excludes(file);
    verb->add_flag("--special", asked->special, "Add what the tokenizer puts around a text");

    auto kind = std::make_shared<std::string>();
    verb = addVerb(app, session, "list", "The parts to choose from, with their options",
                   [kind, &session] { return list(session, *kind); });
    verb->add_option("KIND", *kind, "attentions, feature-maps, families, datasets, exporters, presets or tasks")
        ->required()
        ->check(CLI::IsMember({"attentions", "feature-maps", "families", "datasets", "exporters", "presets", "tasks"}));
}

} // namespace lolcats
