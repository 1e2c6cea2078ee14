// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <algorithm>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

constexpr double kTinyTolerance = 5e-5;   // README-models.md: ask of float32
constexpr double kPromptTolerance = 5e-4; // the same, SmolLM2, short prompts
constexpr double kTextTolerance = 1e-3;   // the same, 512 tokens

// The states that enter the blocks, as the oracles list hidden states.
class StateCollector : public AttentionObserver {
public:
    void attended(std::int64_t, const AttentionInputs&, const at::Tensor&) override {}
    void entered(std::int64_t, const at::Tensor& state) override { states.push_back(state); }
    std::vector<at::Tensor> states;
};

struct Forward {
    at::Tensor logits;
    std::vector<at::Tensor> states; // the embedding, after each layer, the last after the final norm
};

Forward forward(const DecoderModel& model, const at::Tensor& ids) {
    const at::NoGradGuard guard;
    StateCollector collector;
    const at::Tensor hidden = model.hidden(ids.to(at::kLong), &collector);
    collector.states.push_back(hidden);
    return {model.logits(hidden), collector.states};
}

std::vector<std::string> tinyFolders() {
    std::vector<std::string> folders;
    const std::string parent = oraclesFolder() + "/models/tiny";
    if (!std::filesystem::is_directory(parent))
        return folders;
    for (const auto& entry : std::filesystem::directory_iterator(parent))
        if (std::filesystem::exists(entry.path() / "expected.safetensors"))
            folders.push_back(entry.path().string());
    std::sort(folders.begin(), folders.end());
    return folders;
}

} // namespace

class TestOracleLogits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void tinyModelsOfEachFamilyGiveTheStoredLogits_data() {
        QTest::addColumn<QString>("folder");
        for (const std::string& folder : tinyFolders())
            QTest::newRow(std::filesystem::path(folder).filename().c_str()) << QString::fromStdString(folder);
        if (tinyFolders().empty())
            QTest::newRow("none") << QString();
    }
    void tinyModelsOfEachFamilyGiveTheStoredLogits() {
        QFETCH(QString, folder);
        if (folder.isEmpty())
            QSKIP("the oracles' folder has no models/tiny");
        const SafetensorsFile expected(folder.toStdString() + "/expected.safetensors");
        const Forward result = forward(modelAt(folder.toStdString()), oracleTensor(expected, "input_ids"));
        QVERIFY(largestDifference(result.logits, oracleTensor(expected, "logits")) <= kTinyTolerance);
        const at::Tensor hidden = oracleTensor(expected, "hidden_states");
        const at::Tensor positions = oracleTensor(expected, "hidden_positions").to(at::kLong);
        QCOMPARE(hidden.size(0), static_cast<std::int64_t>(result.states.size()));
        for (std::int64_t i = 0; i < hidden.size(0); ++i) {
            const at::Tensor found = result.states[static_cast<std::size_t>(i)][0].index_select(0, positions);
            QVERIFY(largestDifference(found, hidden[i]) <= kTinyTolerance);
        }
    }

    void tinyModelsWriteTokenByTokenWhatTheyReadAtOnce_data() { tinyModelsOfEachFamilyGiveTheStoredLogits_data(); }
    void tinyModelsWriteTokenByTokenWhatTheyReadAtOnce() {
        QFETCH(QString, folder);
        if (folder.isEmpty())
            QSKIP("the oracles' folder has no models/tiny");
        const at::NoGradGuard guard;
        const SafetensorsFile expected(folder.toStdString() + "/expected.safetensors");
        const DecoderModel model = modelAt(folder.toStdString());
        const at::Tensor ids = oracleTensor(expected, "input_ids").to(at::kLong).narrow(0, 0, 1);
        const at::Tensor logits = oracleTensor(expected, "logits")[0];
        const std::int64_t half = ids.size(1) / 2;
        DecoderState state = model.emptyState();
        at::Tensor last = model.prefill(ids.narrow(1, 0, half), state);
        for (std::int64_t token = half; token < ids.size(1); ++token) {
            QVERIFY(largestDifference(model.logits(last).flatten(), logits[token - 1]) <= kTinyTolerance);
            last = model.step(ids.narrow(1, token, 1), state);
        }
        QVERIFY(largestDifference(model.logits(last).flatten(), logits[ids.size(1) - 1]) <= kTinyTolerance);
    }

    void tinyGgufFilesGiveTheStoredLogits_data() {
        QTest::addColumn<QString>("file");
        for (const std::string& file : oracleFiles("gguf", ".logits.safetensors"))
            QTest::newRow(std::filesystem::path(file).filename().c_str()) << QString::fromStdString(file);
        if (oracleFiles("gguf", ".logits.safetensors").empty())
            QTest::newRow("none") << QString();
    }
    void tinyGgufFilesGiveTheStoredLogits() {
        QFETCH(QString, file);
        if (file.isEmpty())
            QSKIP("the oracles' folder has no gguf files with logits");
        const std::string path = file.toStdString();
        const std::string base = path.substr(0, path.size() - std::string(".logits.safetensors").size());
        const SafetensorsFile expected(path);
        const auto ids = oracleJson(base + ".json").at("ids").get<std::vector<std::int64_t>>();
        const at::Tensor row = at::tensor(ids, at::kLong).unsqueeze(0);
        const at::Tensor wanted = oracleTensor(expected, "logits");
        const at::Tensor found = forward(modelAt(base + ".gguf"), row).logits;
        QVERIFY(largestDifference(found.reshape(wanted.sizes()), wanted) <= kTinyTolerance);
    }

    void aTinyModelInBfloat16StaysNearTheStoredLogits() {
        for (const std::string& folder : tinyFolders()) {
            const SafetensorsFile expected(folder + "/expected.safetensors");
            const Forward result = forward(modelAt(folder, "bfloat16"), oracleTensor(expected, "input_ids"));
            const double difference = largestDifference(result.logits, oracleTensor(expected, "logits"));
            // The logits' standard deviation is about 1; seen 0.21, and where rounding sends a token to another expert, more.
            const bool hasExperts = folder.find("mixtral") != std::string::npos;
            QVERIFY2(difference > 0 && (hasExperts || difference < 0.3), qPrintable(QString::number(difference)));
            const at::Tensor all = (result.logits - oracleTensor(expected, "logits")).abs();
            QVERIFY2(all.median().item<double>() < 0.05, qPrintable(QString::number(all.median().item<double>())));
        }
        if (tinyFolders().empty())
            QSKIP("the oracles' folder has no models/tiny");
    }

    void smolLm2GivesTheStoredLogitsAndGreedyTokens() {
        const std::string file = oraclesFolder() + "/models/smollm2.safetensors";
        if (sampleModel().empty() || !std::filesystem::exists(file))
            QSKIP("SmolLM2's GGUF file or its oracle is not on this machine");
        const at::NoGradGuard guard;
        const SafetensorsFile expected(file);
        const DecoderModel model = modelAt(sampleModel());
        for (const auto& prompt : oracleJson(besideIt(file, ".json")).at("prompts")) {
            const std::string name = prompt.at("name").get<std::string>() + ".";
            const at::Tensor ids = oracleTensor(expected, name + "input_ids").unsqueeze(0);
            const Forward result = forward(model, ids);
            QVERIFY(largestDifference(result.logits[0][-1], oracleTensor(expected, name + "last_logits")) <= kPromptTolerance);
            const at::Tensor at50 = result.logits[0]
                                        .index_select(0, oracleTensor(expected, name + "top50.positions").to(at::kLong))
                                        .gather(1, oracleTensor(expected, name + "top50.ids").to(at::kLong));
            QVERIFY(largestDifference(at50, oracleTensor(expected, name + "top50.values")) <= kPromptTolerance);
            const at::Tensor hidden = oracleTensor(expected, name + "hidden_last_position");
            for (std::int64_t i = 0; i < hidden.size(0); ++i)
                QVERIFY(relativeDifference(result.states[static_cast<std::size_t>(i)][0][-1], hidden[i]) <= kPromptTolerance);
            const at::Tensor greedy = oracleTensor(expected, name + "greedy32").to(at::kLong);
            DecoderState state = model.emptyState();
            at::Tensor last = model.prefill(ids.to(at::kLong), state);
            for (std::int64_t i = 0; i < greedy.size(0); ++i) {
                const at::Tensor id = model.logits(last).flatten().argmax();
                QCOMPARE(id.item<std::int64_t>(), greedy[i].item<std::int64_t>());
                last = model.step(id.reshape({1, 1}), state);
            }
        }
    }

    void smolLm2GivesTheStoredLossOfEachTokenOfAText() {
        const std::string file = oraclesFolder() + "/models/smollm2.safetensors";
        if (sampleModel().empty() || !std::filesystem::exists(file))
            QSKIP("SmolLM2's GGUF file or its oracle is not on this machine");
        const SafetensorsFile expected(file);
        const at::Tensor ids = oracleTensor(expected, "text512.input_ids").to(at::kLong);
        const at::Tensor nll = oracleTensor(expected, "text512.nll");
        const at::Tensor logits = forward(modelAt(sampleModel()), ids.unsqueeze(0)).logits[0].narrow(0, 0, nll.size(0));
        const at::Tensor next = ids.narrow(0, 1, nll.size(0)).unsqueeze(1);
        const at::Tensor found = -at::log_softmax(logits.to(at::kDouble), -1).gather(1, next).squeeze(1);
        QVERIFY(largestDifference(found, nll) <= kTextTolerance);
        QVERIFY(std::abs((found.mean() - nll.mean()).item<double>()) <= 1e-5);
    }
};

QTEST_GUILESS_MAIN(TestOracleLogits)
#include "test_oracle_logits.moc"
