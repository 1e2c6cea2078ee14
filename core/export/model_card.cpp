// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/model_card.h"

#include "core/records/export_words.h"
#include "core/records/shell_word.h"

#include <cmath>
#include <cstdio>

namespace lolcats {

namespace {

std::string fixed(double value, int digits) {
    if (!std::isfinite(value))
        return "–";
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    return buffer;
}

std::string figureTable(const EvaluationTable& table) {
    std::string text =
        "| model | perplexity | KL to the teacher | same top token | state, bytes |\n| --- | ---: | ---: | ---: | ---: |\n";
    for (const EvaluationRow& row : table.rows)
        text += "| " + row.name + " | " + fixed(row.perplexity, 2) + " | " + fixed(row.kl, 4) + " | " +
                fixed(100 * row.agreement, 1) + " % | " + std::to_string(row.stateBytes) + " |\n";
    return text;
}

std::string card(const ExportSubject& subject, const ExportRequest& request, const std::string& tags, const std::string& where,
                 const std::string& howToRun) {
    const ConversionPlan& plan = *subject.plan;
    std::string text = "---\n" + tags + "tags:\n- linear-attention\n- lolcats\n---\n\n# " + subject.source->name() +
                       ", linearised\n\nThe softmax attention of this model was replaced by `" + plan.attention +
                       "` attention with `" + plan.featureMap +
                       "` features, by the LoLCATs method (attention transfer, then low-rank adapters" + where +
                       "). It decodes with a state of constant size.\n\n## How good is the copy\n\n";
    if (request.figures.rows.empty())
        text += "It was not measured before this export.\n";
    else
        text += "Measured on " + std::to_string(request.figures.tokens) + " tokens in rows of " +
                std::to_string(request.figures.length) + " (" + request.figures.text + ").\n\n" + figureTable(request.figures) +
                "\n" + request.figures.verdict + "\n\nLonger texts than these rows were not measured.\n";
    text += "\n## How it was made\n\n" + request.provenance + "\n\nRows of " + std::to_string(plan.length) +
            " tokens; transfer " + std::to_string(plan.transferSteps) + " steps, finetune " +
            std::to_string(plan.finetuneSteps) + " steps (" + plan.finetuneLoss + "), LoRA rank " + std::to_string(plan.rank) +
            ", seed " + std::to_string(plan.seed) + ".\n";
    for (const std::string& notice : subject.source->notices())
        text += "\n> " + notice + "\n";
    text += "\n## How to run it\n\n" + howToRun + "\n\n" + kNoGguf +
            " The weights keep the licence of the model they were made from.\n";
    return text;
}

} // namespace

std::string evaluationCommand(const std::string& folder) {
    return "lm_eval --model hf --model_args " + shellWord("pretrained=" + folder + ",trust_remote_code=True") + " --tasks …";
}

std::string modelCard(const ExportSubject& subject, const ExportRequest& request) {
    return card(
        subject, request, "library_name: transformers\n", ", which are merged into the weights here",
        "    lolcats generate FOLDER --prompt \"…\"\n\nor in Python, with `torch` and `transformers` 4.57 or newer and nothing "
        "compiled:\n\n    AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True)\n\n"
        "The `*_lolcats.py` files in this folder are what runs then (Apache-2.0). Measure it "
        "with lm-evaluation-harness:\n\n    " +
            evaluationCommand("FOLDER"));
}

std::string adapterCard(const ExportSubject& subject, const ExportRequest& request) {
    return card(
        subject, request, "library_name: peft\n", ", which lie here beside the layers' feature maps",
        "The adapters belong on the linear layers that `linear_attention.json` and `feature_maps.safetensors` describe, on top "
        "of the base model that they were trained on; without these two they are of no use. With `torch`, `transformers` "
        "and `peft`:\n\n"
        "    from transformers.dynamic_module_utils import get_class_from_dynamic_module\n"
        "    load = get_class_from_dynamic_module(\"modeling_lolcats.load_with_adapters\", FOLDER)\n"
        "    model = load(BASE_MODEL, FOLDER)");
}

} // namespace lolcats
