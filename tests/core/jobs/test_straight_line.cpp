// SPDX-License-Identifier: GPL-3.0-or-later
// The whole straight line on a tiny model through the real door and the real run file: convert, stop, resume, evaluate, export,
// load.
#include "core/engine_door.h"
#include "core/records/plan_json.h"
#include "core/runs/run_recorder.h"
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"
#include "tests/support/tiny_conversion.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>

using namespace lolcats;
using lolcats::testing::refusalCode;

namespace {

// Remembers what it is told; asks for a stop after so many steps of a stage.
class Witness final : public Progress {
public:
    void report(const JobEvent& event) override { events.push_back(event); }
    JobRequests mayGoOn() override { return {}; }
    template <typename Event> std::vector<Event> all() const {
        std::vector<Event> found;
        for (const JobEvent& event : events)
            if (const auto* one = std::get_if<Event>(&event))
                found.push_back(*one);
        return found;
    }
    std::vector<JobEvent> events;
};

const EvaluationRow& rowNamed(const EvaluationTable& table, const std::string& name) {
    for (const EvaluationRow& row : table.rows)
        if (row.name == name)
            return row;
    static const EvaluationRow none;
    return none;
}

} // namespace

class StraightLineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_engine = openEngine();
        m_engine->configure({2});
        QVERIFY(m_folder.isValid());
        lolcats::testing::writeTinyRows(rows(), 64);
    }
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aConversionReachesItsEnd() {
        const ConversionPlan plan = lolcats::testing::tinyPlan(rows(), m_engine->catalogue());
        convert(plan, path("whole.lolcats"), -1);
        const RunReader reader(path("whole.lolcats"));
        const RunRecord record = reader.record();
        QCOMPARE(record.state, RunState::Completed);
        QVERIFY(record.evaluation.has_value());
        const EvaluationTable& table = *record.evaluation;
        // Four held-out rows in one say how far the student holds, and the final verdict repeats it.
        const auto tables = RunReader(path("whole.lolcats")).evaluations();
        QCOMPARE(tables.size(), std::size_t{2});
        LOLCATS_COMPARE_TEXT(tables.front().name, "beyond");
        QCOMPARE(tables.front().length, 4 * table.length);
        QCOMPARE(tables.front().rows.back().bandKl.size(), tables.front().bands.size());
        QVERIFY(!tables.front().verdict.empty() && table.verdict.ends_with(tables.front().verdict));
        LOLCATS_COMPARE_TEXT(table.rows.front().name, "teacher");
        QCOMPARE(table.rows.front().kl, 0.0);
        for (const char* name : {"untrained-window", "untrained-student", "student"}) {
            QVERIFY2(rowNamed(table, name).kl > 0, name);
            QVERIFY2(rowNamed(table, name).stateBytes > 0, name);
        }
        QVERIFY(rowNamed(table, "student").kl < rowNamed(table, "untrained-student").kl);
        QVERIFY(!table.verdict.empty());
        QCOMPARE(reader.curve("transfer.relative", 0).size(), std::size_t{8});
        QCOMPARE(reader.curve("finetune.loss", -1).size(), std::size_t{8});
        QVERIFY(reader.curve("transfer.relative", 3).back().value < reader.curve("transfer.relative", 3).front().value);
        QVERIFY(reader.mapKeys().size() >= 4);
        const auto head = reader.headMap(reader.mapKeys().back().id, 0, 0);
        QVERIFY(head.has_value());
        QVERIFY(!head->teacher.half.empty());
    }

    void aStoppedRunGoesOnAsIfItHadNotStopped_data() {
        QTest::addColumn<int>("stopAfter");
        QTest::newRow("in the transfer") << 5;
        QTest::newRow("in the finetune") << 11;
    }
    void aStoppedRunGoesOnAsIfItHadNotStopped() {
        QFETCH(int, stopAfter);
        const ConversionPlan plan = lolcats::testing::tinyPlan(rows(), m_engine->catalogue());
        const std::string run = path("stopped" + std::to_string(stopAfter) + ".lolcats");
        convert(plan, run, stopAfter);
        QCOMPARE(RunReader(run).record().state, RunState::Stopped);
        const auto from = RunReader(run).newestCheckpoint();
        QVERIFY(from != nullptr);
        auto writer = RunWriter::open(run);
        const auto job = m_engine->conversion(plan, from);
        QVERIFY(!work(*writer, *job, -1).has_value());
        writer.reset();
        const RunReader whole(path("whole.lolcats"));
        const RunReader resumed(run);
        QCOMPARE(resumed.record().state, RunState::Completed);
        for (const char* name : {"transfer.loss", "finetune.loss"}) {
            const auto expected = whole.curve(name, -1);
            const auto got = resumed.curve(name, -1);
            QCOMPARE(got.size(), expected.size());
            for (std::size_t i = 0; i < got.size(); ++i)
                QVERIFY2(std::abs(got[i].value - expected[i].value) <= 1e-5 * std::abs(expected[i].value), name);
        }
        const double difference =
            rowNamed(*resumed.record().evaluation, "student").kl - rowNamed(*whole.record().evaluation, "student").kl;
        QVERIFY(std::abs(difference) < 1e-5);
    }

    void theWritingsOfAFinishedStudentAgree() {
        Witness witness;
        m_engine->verification(student(), {300})->run(witness);
        const auto checks = witness.all<CheckDone>();
        QCOMPARE(checks.size(), std::size_t{6}); // four layers, all of them, and the long text
        for (const CheckDone& check : checks)
            QVERIFY2(check.passed, check.sentence.c_str());
        LOLCATS_COMPARE_TEXT(checks[4].id, "parity");
        LOLCATS_COMPARE_TEXT(checks[5].id, "long");
        QVERIFY(checks[5].figures.front().value > 0 && checks[5].figures.front().value < 1e-5);
        // The conversion has looked by itself before it called the run complete.
        const RunReader whole(path("whole.lolcats"));
        const auto figures = whole.figures();
        const auto parity =
            std::find_if(figures.begin(), figures.end(), [](const Figure& one) { return one.name == "parity"; });
        QVERIFY(parity != figures.end() && parity->value > 0 && parity->value < 1e-4);
        QVERIFY(whole.checkedTensors() > 0);
        Subject model = student();
        model.plan.reset();
        model.student.reset();
        LOLCATS_COMPARE_TEXT(refusalCode([&] { m_engine->verification(model, {})->run(witness); }), "ARG-STUDENT");
    }

    void anExportIsReadBackAndAgrees() {
        ExportRequest request;
        request.folder = path("export");
        request.figures = *RunReader(path("whole.lolcats")).record().evaluation;
        Witness witness;
        m_engine->exportTo(student(), request)->run(witness);
        const auto checks = witness.all<CheckDone>();
        QCOMPARE(checks.size(), std::size_t{6}); // the last two say what to do next
        LOLCATS_COMPARE_TEXT(checks.back().sentence, "lm_eval --model hf --model_args pretrained=" + path("export") +
                                                         ",trust_remote_code=True --tasks …");
        for (const CheckDone& check : checks)
            QVERIFY2(check.passed, check.sentence.c_str());
        for (const char* name :
             {"config.json", "model.safetensors", "README.md", "modeling_lolcats.py", "generation_config.json"})
            QVERIFY2(std::filesystem::exists(request.folder + "/" + name), name);
        QVERIFY(!std::filesystem::exists(request.folder + ".partial"));
        // The folder alone gives the student's logits, to a file that anybody can read.
        Witness a;
        m_engine->logits(student(), {5, 6, 7, 8, 9, 200, 3}, 0, path("a.safetensors"))->run(a);
        Witness b;
        m_engine->logits({request.folder, {}, {}}, {5, 6, 7, 8, 9, 200, 3}, 0, path("b.safetensors"))->run(b);
        const auto left = SafetensorsFile(path("a.safetensors")).readFloats("logits");
        const auto right = SafetensorsFile(path("b.safetensors")).readFloats("logits");
        QCOMPARE(left.size(), right.size());
        for (std::size_t i = 0; i < left.size(); ++i)
            QVERIFY(std::abs(left[i] - right[i]) < 1e-4F);
    }

    void theSameExportTwiceIsTheSameToTheLastByte() {
        ExportRequest request;
        request.folder = path("export-again");
        request.figures = *RunReader(path("whole.lolcats")).record().evaluation;
        Witness witness;
        m_engine->exportTo(student(), request)->run(witness);
        const auto goOn = [](std::uint64_t) { return true; };
        for (const auto& entry : std::filesystem::directory_iterator(request.folder))
            LOLCATS_COMPARE_TEXT(sha256OfFile(entry.path().string(), goOn),
                                 sha256OfFile(path("export") + "/" + entry.path().filename().string(), goOn));
    }

    void aTargetThatIsNotEmptyIsLeftAlone() {
        ExportRequest request;
        request.folder = path("export");
        Witness witness;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { m_engine->exportTo(student(), request)->run(witness); }), "EXP-TARGET");
        QVERIFY(std::filesystem::exists(path("export") + "/model.safetensors"));
    }

    void anEvaluationOfTheRunFindsTheSameFigures() {
        Witness witness;
        m_engine->evaluation(student(), {})->run(witness);
        const auto tables = witness.all<EvaluationTable>();
        QCOMPARE(tables.size(), std::size_t{1});
        const EvaluationTable stored = *RunReader(path("whole.lolcats")).record().evaluation;
        for (const char* name : {"teacher", "untrained-window", "untrained-student", "student"})
            QVERIFY2(std::abs(rowNamed(tables.front(), name).kl - rowNamed(stored, name).kl) < 1e-6, name);
    }

    // Adapters that learn from the first stage on, apart documents, rounded frequencies: stopped in the transfer and gone on
    // with.
    void whatAPlanMayAskBesideGoesThroughTheWholeLine() {
        ConversionPlan plan = lolcats::testing::tinyPlan(rows(), m_engine->catalogue());
        plan.transferLora = true;
        plan.documents = "apart";
        plan.ropeFrequencies = "bfloat16";
        convert(plan, path("asked-whole.lolcats"), -1);
        const std::string run = path("asked.lolcats");
        convert(plan, run, 5);
        const auto from = RunReader(run).newestCheckpoint();
        QVERIFY(from != nullptr && from->stage == Stage::Transfer);
        auto writer = RunWriter::open(run);
        QVERIFY(!work(*writer, *m_engine->conversion(plan, from), -1).has_value());
        writer.reset();
        const RunRecord record = RunReader(run).record();
        QCOMPARE(record.state, RunState::Completed);
        const RunRecord whole = RunReader(path("asked-whole.lolcats")).record();
        for (const char* name : {"student-after-transfer", "student"})
            QVERIFY2(std::abs(rowNamed(*record.evaluation, name).kl - rowNamed(*whole.evaluation, name).kl) < 1e-5, name);
        const Subject subject{plan.model, plan, RunReader(run).bestCheckpoint()};
        Witness witness;
        m_engine->verification(subject, {})->run(witness);
        m_engine->evaluation(subject, {})->run(witness);
        QVERIFY(std::abs(rowNamed(witness.all<EvaluationTable>().front(), "student").kl -
                         rowNamed(*record.evaluation, "student").kl) < 1e-6);
        ExportRequest request;
        request.folder = path("asked-export");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { m_engine->exportTo(subject, request)->run(witness); }), "EXP-ROPE");
    }

    void suitesMeasureAndAnUnknownOneIsRefused() {
        Witness witness;
        m_engine->bench({"memory"})->run(witness);
        const auto checks = witness.all<CheckDone>();
        QCOMPARE(checks.size(), std::size_t{4});
        for (const CheckDone& check : checks)
            QVERIFY2(check.passed && check.figures.size() == 6, check.sentence.c_str());
        LOLCATS_COMPARE_TEXT(refusalCode([&] { m_engine->bench({"patience"})->run(witness); }), "ARG-SUITE");
    }

    void badRequestsAreRefusedAcrossTheWall_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("code");
        QTest::newRow("no such model") << "model"
                                       << "/nowhere/model.gguf"
                                       << "FILE-MISSING";
        QTest::newRow("rows of another length") << "length"
                                                << "128"
                                                << "PLAN-LENGTH";
        QTest::newRow("a layer that is not there") << "keep_softmax"
                                                   << "99"
                                                   << "PLAN-LAYERS";
        QTest::newRow("an adapter on nothing") << "targets"
                                               << "q,x"
                                               << "PLAN-TARGETS";
    }
    void badRequestsAreRefusedAcrossTheWall() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(QString, code);
        ConversionPlan plan = lolcats::testing::tinyPlan(rows(), m_engine->catalogue());
        plan.transferSteps = 1;
        plan.finetuneSteps = 1;
        setPlanFieldFromText(plan, field.toStdString(), value.toStdString(), m_engine->catalogue());
        Witness witness;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { m_engine->conversion(plan, nullptr)->run(witness); }), code.toStdString());
    }

    void everyPresetMakesAPlanThatCanBeChecked() {
        for (const Preset& preset : m_engine->catalogue().presets) {
            ConversionPlan plan = planFromPreset(preset.id, m_engine->catalogue());
            plan.model = lolcats::testing::tinyModel();
            checkPlan(plan, m_engine->catalogue());
            QVERIFY(m_engine->forecast(plan).transferBytes > 0);
        }
    }

private:
    std::string path(const std::string& name) const { return (m_folder.path() + "/").toStdString() + name; }
    std::string rows() const { return path("rows.safetensors"); }

    std::optional<Failure> work(RunWriter& writer, Job& job, int stopAfter) {
        int steps = 0;
        RunRecorder recorder(
            writer,
            [&steps](const JobEvent& event) {
                if (const auto* metric = std::get_if<Metric>(&event))
                    steps += metric->layer < 0 && (metric->name == "transfer.loss" || metric->name == "finetune.loss") ? 1 : 0;
            },
            [&steps, stopAfter] {
                return JobRequests{stopAfter >= 0 && steps >= stopAfter, false};
            });
        return recorder.work(job);
    }

    void convert(const ConversionPlan& plan, const std::string& run, int stopAfter) {
        Provenance provenance;
        provenance.modelPath = plan.model;
        auto writer = RunWriter::create(run, planToJson(plan, m_engine->catalogue()), provenance);
        const auto job = m_engine->conversion(plan, nullptr);
        const auto failure = work(*writer, *job, stopAfter);
        QVERIFY2(!failure.has_value(), failure ? (failure->summary + failure->detail).c_str() : "");
    }

    Subject student() const {
        Subject subject;
        subject.model = lolcats::testing::tinyModel();
        subject.plan = lolcats::testing::tinyPlan(rows(), m_engine->catalogue());
        subject.student = RunReader(path("whole.lolcats")).bestCheckpoint();
        return subject;
    }

    std::unique_ptr<Engine> m_engine;
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(StraightLineTest)
#include "test_straight_line.moc"
