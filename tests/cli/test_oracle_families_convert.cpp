// SPDX-License-Identifier: GPL-3.0-or-later
// One small model of each family through the real program: converted, measured, exported, and the export gives the run's
// logits.
#include "core/files/safetensors.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>
#include <map>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

SafetensorsSource rowsOf(const std::string& name, std::int64_t rows, std::int64_t length, std::int64_t vocabulary) {
    return {name, "I64", {rows, length}, [=] {
                std::vector<std::int64_t> ids;
                for (std::int64_t i = 0; i < rows * length; ++i)
                    ids.push_back(3 + (i * i * 7 + i * 13) % (vocabulary - 3));
                const auto view = std::as_bytes(std::span(ids));
                return std::vector<std::byte>(view.begin(), view.end());
            }};
}

// What the program wrote when it did not end well; empty: it did.
QString complaintOf(const QStringList& words) {
    QProcess program;
    program.setProcessChannelMode(QProcess::MergedChannels);
    program.start(QStringLiteral(LOLCATS_BINARY_DIR "/bin/lolcats"), words + QStringList{QStringLiteral("--quiet")});
    if (!program.waitForFinished(120000))
        return words.join(QLatin1Char(' ')) + QStringLiteral(": not finished");
    const QString written = QString::fromUtf8(program.readAll());
    const bool well = program.exitStatus() == QProcess::NormalExit && program.exitCode() == 0;
    return well ? QString() : words.join(QLatin1Char(' ')) + QStringLiteral(": ") + written;
}

std::vector<float> logitsIn(const QString& path) {
    const SafetensorsFile file(path.toStdString());
    const SafetensorsEntry& entry = *file.find("logits");
    std::vector<float> values(static_cast<std::size_t>(entry.shape[0] * entry.shape[1]));
    file.readFloats(entry, values);
    return values;
}

} // namespace

class TestOracleFamiliesConvert : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void eachFamilyIsConvertedAndExported_data() {
        QTest::addColumn<QString>("folder");
        const std::string parent = oraclesFolder() + "/models/tiny";
        std::map<std::string, std::string> families; // the first model of each
        if (std::filesystem::is_directory(parent))
            for (const auto& entry : std::filesystem::directory_iterator(parent))
                if (std::filesystem::exists(entry.path() / "config.json"))
                    families.emplace(oracleJson((entry.path() / "config.json").string()).value("model_type", ""),
                                     entry.path().string());
        for (const auto& [family, folder] : families)
            QTest::newRow(family.c_str()) << QString::fromStdString(folder);
        if (families.empty())
            QSKIP("the oracles' folder has no models/tiny");
    }

    void eachFamilyIsConvertedAndExported() {
        QFETCH(QString, folder);
        const QTemporaryDir out;
        const QString rows = out.filePath("rows.safetensors"), run = out.filePath("a.lolcats"), exported = out.filePath("a");
        const Json config = oracleJson(folder.toStdString() + "/config.json");
        const auto vocabulary = config["vocab_size"].get<std::int64_t>();
        writeSafetensors(rows.toStdString(), {rowsOf("train", 4, 64, vocabulary), rowsOf("heldout", 2, 64, vocabulary)}, {});
        QCOMPARE(complaintOf({"convert", folder, "--dataset", "rows", "--data", rows, "--length", "64", "--transfer-steps", "2",
                              "--finetune-steps", "2", "--rank", "4", "--run", run}),
                 QString());
        QCOMPARE(complaintOf({"evaluate", run}), QString());
        QCOMPARE(complaintOf({"export", run, "--format", "huggingface", "--to", exported}), QString());
        const QString ofRun = out.filePath("run.safetensors"), ofExport = out.filePath("export.safetensors");
        QCOMPARE(complaintOf({"logits", run, "--ids", "5,6,7,8,9", "--out", ofRun}), QString());
        QCOMPARE(complaintOf({"logits", exported, "--ids", "5,6,7,8,9", "--out", ofExport}), QString());
        // An export has its adapters merged in: the same sum in another order.
        const std::vector<float> wanted = logitsIn(ofRun), found = logitsIn(ofExport);
        QVERIFY(wanted.size() == found.size() && !wanted.empty());
        for (std::size_t i = 0; i < wanted.size(); ++i)
            QVERIFY2(std::abs(wanted[i] - found[i]) <= 1e-4F, qPrintable(QString::number(wanted[i] - found[i])));
    }
};

QTEST_GUILESS_MAIN(TestOracleFamiliesConvert)
#include "test_oracle_families_convert.moc"
