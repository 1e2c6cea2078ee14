// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/model_card.h"

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

} // namespace

std::string evaluationCommand(const std::string& folder) {
    return "lm_eval --model hf --model_args pretrained=" + folder + ",trust_remote_code=True --tasks …";
}

std::string modelCard(const ExportSubject& subject, const ExportRequest& request) {
    const ConversionPlan& plan = *subject.plan;
    std::string card = "---\nlibrary_name: transformers\ntags:\n- linear-attention\n- lolcats\n---\n\n# " +
                       subject.source->name() + ", linearised\n\nThe softmax attention of this model was replaced by `" +
                       plan.attention + "` attention with `" + plan.featureMap +
                       "` features, by the LoLCATs method (attention transfer, then low-rank adapters, which are merged "
                       "into the weights here). It decodes with a state of constant size.\n\n## How good is the copy\n\n";
    if (request.figures.rows.empty())
        card += "It was not measured before this export.\n";
    else
        card += "Measured on " + std::to_string(request.figures.tokens) + " tokens in rows of " +
                std::to_string(request.figures.length) + " (" + request.figures.text + ").\n\n" + figureTable(request.figures) +
                "\n" + request.figures.verdict + "\n\nLonger texts than these rows were not measured.\n";
    card += "\n## How it was made\n\n" + request.provenance + "\n\nRows of " + std::to_string(plan.length) +
            " tokens; transfer " + std::to_string(plan.transferSteps) + " steps, finetune " +
            std::to_string(plan.finetuneSteps) + " steps (" + plan.finetuneLoss + "), LoRA rank " + std::to_string(plan.rank) +
            ", seed " + std::to_string(plan.seed) + ".\n";
    for (const std::string& notice : subject.source->notices())
        card += "\n> " + notice + "\n";
    card +=
        "\n## How to run it\n\n    lolcats generate FOLDER --prompt \"…\"\n\nor in Python, with `torch` and `transformers` "
        "4.57 or "
        "newer and nothing compiled:\n\n    AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True)\n\n"
        "`configuration_lolcats.py` and `modeling_lolcats.py` in this folder are what runs then (Apache-2.0). Measure it with "
        "lm-evaluation-harness:\n\n    " +
        evaluationCommand("FOLDER") +
        "\n\nThere is no GGUF of it, because no GGUF runtime has this layer. The weights keep the licence of the model they "
        "were made from.\n";
    return card;
}

} // namespace lolcats
