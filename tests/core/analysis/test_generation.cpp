// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation.h"
#include "core/analysis/generation.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <set>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

const std::vector<std::int32_t> kPrompt = {5, 77, 130, 9, 200};

std::vector<std::int32_t> written(const DecoderModel& model, const SamplingSettings& settings,
                                  const std::vector<std::int64_t>& stops = {}, std::size_t atMost = 1000) {
    std::vector<std::int32_t> tokens;
    const GenerationFigures figures = generate(model, kPrompt, settings, stops, [&](std::int32_t id) {
        tokens.push_back(id);
        return tokens.size() < atMost;
    });
    if (figures.tokens != static_cast<std::int64_t>(tokens.size()))
        throw std::runtime_error("tokens are counted wrongly");
    return tokens;
}

SamplingSettings sampling(double temperature, std::int64_t topK, double topP, std::uint64_t seed) {
    SamplingSettings settings;
    settings.tokens = 30;
    settings.temperature = temperature;
    settings.topK = topK;
    settings.topP = topP;
    settings.seed = seed;
    return settings;
}

} // namespace

class TestGeneration : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void theLikeliestTokensAreThoseOfTheWholePass() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        const DecoderModel student = untrainedStudent(teacher, smallPlan());
        for (const DecoderModel* model : {&teacher, &student}) {
            const std::vector<std::int32_t> tokens = written(*model, sampling(0, 0, 1, 0));
            QCOMPARE(tokens.size(), std::size_t{30});
            std::vector<std::int64_t> all(kPrompt.begin(), kPrompt.end());
            all.insert(all.end(), tokens.begin(), tokens.end());
            const at::Tensor best = model->logits(model->hidden(at::tensor(all, at::kLong).unsqueeze(0))).argmax(-1)[0];
            for (std::size_t i = 0; i < tokens.size(); ++i)
                QCOMPARE(static_cast<std::int64_t>(tokens[i]),
                         best[static_cast<std::int64_t>(kPrompt.size() + i) - 1].item<std::int64_t>());
        }
    }

    void samplingFollowsTheSeedAndItsBounds() {
        const DecoderModel model = tinyLlama();
        const auto first = written(model, sampling(1, 0, 1, 7));
        QCOMPARE(written(model, sampling(1, 0, 1, 7)), first);
        QVERIFY(written(model, sampling(1, 0, 1, 8)) != first);
        const auto greedy = written(model, sampling(0, 0, 1, 0));
        QVERIFY(first != greedy);
        QCOMPARE(written(model, sampling(1, 1, 1, 7)), greedy);    // one candidate
        QCOMPARE(written(model, sampling(1, 0, 1e-9, 7)), greedy); // the first alone reaches the mass
        QCOMPARE(written(model, sampling(1e-4, 0, 1, 7)), greedy); // cold
        std::set<std::int32_t> hot;
        for (std::uint64_t seed = 0; seed < 20; ++seed)
            hot.insert(written(model, sampling(100, 3, 1, seed)).front());
        QCOMPARE(hot.size(), std::size_t{3});
    }

    void itEndsAtAStopOrWhenTold() {
        const DecoderModel model = tinyLlama();
        const auto all = written(model, sampling(0, 0, 1, 0));
        const auto stopped = written(model, sampling(0, 0, 1, 0), {all[4]});
        QVERIFY(stopped.size() <= 5);
        QCOMPARE(stopped.back(), all[4]);
        QCOMPARE(written(model, sampling(0, 0, 1, 0), {}, 3).size(), std::size_t{3});
    }

    void figuresTellWhatASequenceKeeps() {
        const DecoderModel model = tinyLlama();
        const GenerationFigures figures = generate(model, kPrompt, sampling(0, 0, 1, 0), {}, [](std::int32_t) { return true; });
        QCOMPARE(figures.tokens, std::int64_t{30});
        QCOMPARE(figures.stateBytes, model.stateBytes(34)); // the last token was not read
        QVERIFY(figures.prefillSeconds > 0 && figures.secondsPerToken > 0);
    }

    void aPromptWithoutTokensIsRefused() {
        const DecoderModel model = tinyLlama();
        LOLCATS_COMPARE_TEXT(
            refusalCode([&] { generate(model, {}, SamplingSettings(), {}, [](std::int32_t) { return true; }); }), "ARG-PROMPT");
    }
};

QTEST_GUILESS_MAIN(TestGeneration)
#include "test_generation.moc"
