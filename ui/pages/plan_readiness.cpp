// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plan_readiness.h"

#include "ui/widgets/figures.h"

#include <QCoreApplication>

#include <algorithm>

namespace lolcats {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("readiness", text);
}

QString sentenceOf(const Failure& failure) {
    return QString::fromStdString(failure.summary);
}

ReadinessItem modelItem(const PlanFacts& facts) {
    ReadinessItem item{Readiness::Bad, tr("Model"), {}, QStringLiteral("model")};
    if (facts.modelFailure)
        item.sentence = sentenceOf(*facts.modelFailure);
    else if (facts.plan.model.empty())
        item.sentence = tr("No model is chosen.");
    else if (!facts.model)
        item = {Readiness::Pending, tr("Model"), tr("Its header is being read."), QStringLiteral("model")};
    else {
        item.state = facts.model->convertible ? Readiness::Good : Readiness::Bad;
        item.sentence = QString::fromStdString(facts.model->verdict);
    }
    return item;
}

ReadinessItem tokenizerItem(const PlanFacts& facts) {
    ReadinessItem item{Readiness::Good, tr("Tokenizer"), QString::fromStdString(facts.model->tokenizer),
                       QStringLiteral("model")};
    if (facts.model->tokenizerUsable)
        item.sentence = tr("%1, %2 entries").arg(item.sentence, countText(facts.model->vocabulary));
    else if (facts.plan.dataset == "rows")
        item.sentence = tr("Not needed: the data is tokenised already.");
    else
        item.state = Readiness::Bad;
    return item;
}

ReadinessItem dataItem(const PlanFacts& facts) {
    if (facts.dataFailure)
        return {Readiness::Bad, tr("Text cannot be used"), sentenceOf(*facts.dataFailure), QStringLiteral("data")};
    if (facts.data)
        return {Readiness::Good, tr("Text"), QString::fromStdString(facts.data->description), QStringLiteral("data")};
    if (facts.plan.data.empty() && facts.plan.dataset != "teacher")
        return {Readiness::Bad, tr("Text"), tr("No text is chosen."), QStringLiteral("data")};
    return {Readiness::Pending, tr("Text"), tr("The text is being read."), QStringLiteral("data")};
}

ReadinessItem planItem(const PlanFacts& facts, const Catalogue& catalogue) {
    const auto bad = [](const QString& sentence, const char* section) {
        return ReadinessItem{Readiness::Bad, tr("Plan"), sentence, QLatin1String(section)};
    };
    if (facts.unreadableFields > 0)
        return bad(facts.unreadableFields == 1 ? tr("One field has a value that cannot be used.")
                                               : tr("%1 fields have values that cannot be used.").arg(facts.unreadableFields),
                   "attention");
    if (facts.model && !facts.plan.keepSoftmax.empty()) {
        if (facts.plan.keepSoftmax.back() >= facts.model->layers)
            return bad(tr("Layer %1 is to keep softmax, but the model has only %2 layers.")
                           .arg(facts.plan.keepSoftmax.back())
                           .arg(facts.model->layers),
                       "attention");
        if (static_cast<std::int64_t>(facts.plan.keepSoftmax.size()) == facts.model->layers)
            return bad(tr("Every layer is to keep softmax: nothing would be converted."), "attention");
    }
    try {
        ConversionPlan plan = facts.plan;
        if (plan.model.empty())
            plan.model = "-"; // said by the model's own line
        checkPlan(plan, catalogue);
    } catch (const Refusal& refusal) {
        return bad(sentenceOf(refusal.failure()), "transfer");
    }
    return {Readiness::Good, tr("Plan"), tr("All values fit together."), QStringLiteral("output")};
}

ReadinessItem memoryItem(const Forecast& forecast) {
    const std::int64_t needed = std::max(forecast.transferBytes, forecast.finetuneBytes);
    const std::int64_t spare = forecast.availableBytes - needed;
    if (spare < 0)
        return {Readiness::Bad, tr("Memory"),
                tr("It needs about %1, %2 are free.").arg(bytesText(needed), bytesText(forecast.availableBytes)),
                QStringLiteral("data")};
    return {Readiness::Good, tr("Memory"), tr("It fits, with %1 to spare.").arg(bytesText(spare)), QStringLiteral("data")};
}

} // namespace

std::vector<ReadinessItem> readinessList(const PlanFacts& facts, const Catalogue& catalogue) {
    std::vector<ReadinessItem> items;
    if (!facts.engineReady)
        items.push_back({Readiness::Pending, tr("Engine"), facts.engine, {}});
    // Without the engine nothing can be said of the rest, but why it is not there.
    if (!facts.engineReady && !facts.modelFailure)
        return items;
    items.push_back(modelItem(facts));
    if (!facts.engineReady)
        return items;
    if (facts.model)
        items.push_back(tokenizerItem(facts));
    items.push_back(dataItem(facts));
    items.push_back(planItem(facts, catalogue));
    if (facts.forecast)
        items.push_back(memoryItem(*facts.forecast));
    return items;
}

QString whyNotYet(const PlanFacts& facts, const std::vector<ReadinessItem>& items) {
    if (facts.busy)
        return tr("A run is going on.");
    for (const Readiness state : {Readiness::Bad, Readiness::Pending})
        for (const ReadinessItem& item : items)
            if (item.state == state)
                return item.sentence;
    return {};
}

} // namespace lolcats
