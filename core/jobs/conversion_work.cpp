// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/conversion_work.h"

#include "core/analysis/evaluation.h"
#include "core/analysis/generation.h"
#include "core/model/lora.h"
#include "core/model/model_loading.h"
#include "core/records/failure.h"
#include "core/text/unicode.h"
#include "core/training/student_start.h"

#include <algorithm>
#include <filesystem>

namespace lolcats {

namespace {

constexpr std::int64_t kBeyondTimes = 4; // training lengths that the table "beyond" looks at
constexpr std::int64_t kRowsBeyond = 2;
constexpr std::int64_t kMapBytesOfRun = 128LL << 20U;
constexpr std::int64_t kSnapshotsOfRun = 20; // start and end of two stages and eight between in each

// Triangles of one head in one snapshot: the student's two parts in half precision.
std::int64_t headMapBytes(std::int64_t tokens) {
    return tokens * (tokens + 1) / 2 * 2 * 2;
}

// A student that was made elsewhere: its tensors are a start, and no place in the middle of a stage.
bool isImported(const Checkpoint* checkpoint) {
    return checkpoint != nullptr && checkpoint->reason == "imported";
}

bool comesAfter(const Checkpoint* checkpoint, Stage stage) {
    return checkpoint != nullptr &&
           (checkpoint->stage > stage || (checkpoint->stage == stage && checkpoint->reason == "stage end"));
}

} // namespace

ConversionWork::ConversionWork(const ConversionPlan& plan, const Checkpoint* from, Progress& progress)
    : m_plan(plan), m_from(from), m_progress(progress) {}

void ConversionWork::startStage(Stage stage, std::int64_t steps) {
    m_stageStart = Clock::now();
    m_progress.report(StageStarted{stage, steps});
}

void ConversionWork::finishStage(Stage stage) {
    m_progress.report(StageFinished{stage, std::chrono::duration<double>(Clock::now() - m_stageStart).count()});
}

void ConversionWork::openModel() {
    startStage(Stage::Prepare, 0);
    m_source = openModelSource(m_plan.model);
    m_checked = checkedFor(*m_source, m_plan);
    for (const std::string& notice : m_source->notices())
        m_progress.report(LogLine{LogLevel::Info, notice, 0});
    m_teacher = loadModel(*m_source, m_checked, m_plan.dtype, m_plan.device, [this](double share) {
        sayDoing(m_progress, Stage::Prepare, "reading weights", static_cast<std::int64_t>(share * 100), 100);
        return !stopAsked(m_progress);
    });
}

void ConversionWork::prepareText() {
    const bool tokenised = m_plan.dataset == "rows";
    std::optional<Tokenizer> tokenizer = tokenised ? tokenizerOf(*m_source) : requiredTokenizer(*m_source);
    if (tokenizer)
        checkVocabulary(m_checked.shape, tokenizer->vocabularySize());
    DatasetContext context = datasetContext(m_checked.shape, tokenizer, m_progress);
    context.write = [this, &context](const std::string& prompt, std::int64_t tokens, std::int64_t seed) {
        std::vector<std::int32_t> ids = context.tokenizer->encode(prompt, SpecialTokens::Recognised);
        if (context.bos)
            ids.insert(ids.begin(), *context.bos);
        SamplingSettings sampling;
        sampling.tokens = tokens;
        sampling.temperature = 1;
        sampling.topP = 0.95;
        sampling.seed = static_cast<std::uint64_t>(seed);
        generate(*m_teacher, ids, sampling, m_checked.shape.eos, [&](std::int32_t id) {
            ids.push_back(id);
            return context.goOn("the teacher writes text", static_cast<double>(ids.size()) / static_cast<double>(tokens));
        });
        return ids;
    };
    m_text = lolcats::prepareText(m_plan, context);
    if (m_text.train.rows() == 0) // only a stop ends without rows; all else refuses
        throw Refusal("INT-STOPPED", "The run was stopped while its text was being read.", "Start it again.");
    m_progress.report(LogLine{LogLevel::Info, "Text: " + m_text.description + ".", 0});
    for (const std::string& notice : m_text.notices)
        m_progress.report(LogLine{LogLevel::Warning, notice, 0});
    prepareProbe(tokenizer);
}

void ConversionWork::prepareProbe(const std::optional<Tokenizer>& tokenizer) {
    if (tokenizer) {
        m_probe.probe = m_plan.probe.empty() ? probeSentence() : m_plan.probe;
        m_probe.ids = textTokens(m_probe.probe, *tokenizer, m_checked.shape);
    } else { // no text without a tokenizer: the beginning of a held-out row, by number
        const std::int64_t tokens = std::min<std::int64_t>(64, m_text.heldout.length);
        m_probe.probe = "the first held-out row";
        m_probe.ids.assign(m_text.heldout.ids.begin(), m_text.heldout.ids.begin() + tokens);
    }
    if (m_probe.ids.size() > kProbeTokens) {
        m_probe.ids.resize(kProbeTokens);
        m_progress.report(LogLine{LogLevel::Info, "The probe text is cut to its first 160 tokens.", 0});
    }
    for (const std::int32_t id : m_probe.ids)
        m_probe.pieces.push_back(tokenizer ? lossyUtf8(tokenizer->piece(id)) : std::to_string(id));
}

void ConversionWork::makeStudents() {
    m_students = lolcats::makeStudents(m_plan, m_checked.shape);
    startStudents();
    if (m_from != nullptr)
        loadInto(studentTensors(m_students), m_from->tensors);
    std::vector<std::int64_t> converted;
    for (std::size_t layer = 0; layer < m_students.size(); ++layer)
        if (m_students[layer] != nullptr)
            converted.push_back(static_cast<std::int64_t>(layer));
    // Within the run file's share for maps: every k-th layer where all of them would not fit.
    const std::int64_t oneLayer = headMapBytes(static_cast<std::int64_t>(m_probe.ids.size())) * m_checked.shape.heads;
    const std::int64_t fits = std::max<std::int64_t>(1, kMapBytesOfRun / kSnapshotsOfRun / std::max<std::int64_t>(1, oneLayer));
    const std::int64_t every = (static_cast<std::int64_t>(converted.size()) + fits - 1) / fits;
    for (std::size_t i = 0; i < converted.size(); i += static_cast<std::size_t>(std::max<std::int64_t>(1, every)))
        m_probe.layers.push_back(converted[i]);
    m_teacherMapsKept = m_from != nullptr;
    finishStage(Stage::Prepare);
}

// Repeated when a run goes on: its untrained student stands in the table at the end.
void ConversionWork::startStudents() {
    if (anyStartsFromData(m_students)) {
        const auto layers = static_cast<std::int64_t>(m_students.size());
        const auto started = [&](std::int64_t done) {
            sayDoing(m_progress, Stage::Prepare, "clustering keys", done, layers);
            if (stopAsked(m_progress))
                throw Refusal("INT-STOPPED", "The run was stopped while its keys were being clustered.", "Start it again.");
        };
        lolcats::startStudents(*m_teacher, m_students, m_text.train, m_plan.device, started);
    }
    m_untrained = m_teacher->shared();
    lolcats::installStudents(*m_untrained, copiesOf(m_students, m_plan, m_checked.shape));
}

void ConversionWork::keepMaps(Stage stage, std::int64_t step) {
    m_probe.withTeacher = !m_teacherMapsKept;
    auto snapshot = std::make_shared<MapSnapshot>(compareAttention(*m_teacher, m_students, m_probe));
    snapshot->stage = stageName(stage);
    snapshot->step = stage == Stage::Finetune ? m_plan.transferSteps + step : step;
    m_teacherMapsKept = true;
    m_progress.report(MapTaken{std::move(snapshot)});
}

StageHooks ConversionWork::hooksFor(Stage stage) {
    StageHooks hooks;
    hooks.progress = &m_progress;
    hooks.mapsWanted = [this, stage](std::int64_t step) { keepMaps(stage, step); };
    return hooks;
}

bool ConversionWork::transferAttention() {
    if (m_plan.transferSteps == 0 || comesAfter(m_from, Stage::Transfer))
        return true;
    startStage(Stage::Transfer, m_plan.transferSteps);
    if (m_plan.transferLora)
        installStudents(); // their adapters learn here already
    AttentionTransfer transfer(*m_teacher, m_students, m_plan, m_plan.transferLora ? &*m_student : nullptr);
    const Checkpoint* from = m_from != nullptr && m_from->stage == Stage::Transfer && !isImported(m_from) ? m_from : nullptr;
    if (transfer.run(m_text.train, m_text.heldout, hooksFor(Stage::Transfer), from).stopped)
        return false;
    finishStage(Stage::Transfer);
    if (m_plan.finetuneSteps > 0 && m_plan.finetuneMaps)
        keepTransferred();
    return true;
}

// The finetune goes on with the same maps, so the table's row of the transfer needs a copy of them.
void ConversionWork::keepTransferred() {
    m_transferred = m_teacher->shared();
    lolcats::installStudents(*m_transferred, copiesOf(m_students, m_plan, m_checked.shape));
    if (!m_plan.transferLora)
        return;
    const at::NoGradGuard guard;
    attachLora(*m_transferred, loraSettings(m_plan));
    const std::vector<NamedTensor> learned = loraTensors(*m_student), kept = loraTensors(*m_transferred);
    for (std::size_t i = 0; i < kept.size(); ++i)
        kept[i].tensor.copy_(learned[i].tensor);
}

// With adapters from their start, or from a checkpoint that has them.
void ConversionWork::installStudents() {
    if (m_student)
        return;
    m_student = m_teacher->shared();
    lolcats::installStudents(*m_student, m_students);
    if (m_plan.finetuneSteps == 0 && !m_plan.transferLora)
        return;
    attachLora(*m_student, loraSettings(m_plan));
    if (m_from != nullptr && (m_plan.transferLora || m_from->stage == Stage::Finetune))
        loadInto(loraTensors(*m_student), m_from->tensors);
}

bool ConversionWork::finetuneAdapters() {
    if (m_plan.finetuneSteps == 0)
        return true;
    const Checkpoint* from = m_from != nullptr && m_from->stage == Stage::Finetune ? m_from : nullptr;
    if (comesAfter(m_from, Stage::Finetune))
        return true;
    startStage(Stage::Finetune, m_plan.finetuneSteps);
    LoraFinetune finetune(*m_teacher, *m_student, m_students, m_plan);
    if (finetune.run(m_text.train, m_text.heldout, hooksFor(Stage::Finetune), isImported(from) ? nullptr : from).stopped)
        return false;
    finishStage(Stage::Finetune);
    return true;
}

// The same rows glued to longer ones: a linear part that is right at its training length can be harmful behind it, and who
// measures only there does not see it.
std::string ConversionWork::measureBeyond(const DecoderModel& window, std::int64_t windowSize) {
    const std::int64_t most = m_checked.shape.maxPositions > 0 ? m_checked.shape.maxPositions / m_plan.length : kBeyondTimes;
    const std::int64_t times = std::min({kBeyondTimes, most, m_text.heldout.rows()});
    if (times < 2)
        return {};
    TokenRows rows = gluedRows(m_text.heldout, times);
    rows.ids.resize(static_cast<std::size_t>(std::min(rows.rows(), kRowsBeyond) * rows.length));
    rows.labels.resize(std::min(rows.labels.size(), rows.ids.size()));
    EvaluationTable table = evaluate({{"teacher", &*m_teacher}, {"untrained-window", &window}, {"student", &*m_student}}, rows,
                                     windowSize, m_progress);
    table.name = "beyond";
    table.text = std::to_string(times) + " held-out rows glued to one";
    table.step = m_plan.transferSteps + m_plan.finetuneSteps;
    table.verdict = verdictBeyond(table, m_plan.length);
    m_progress.report(table);
    return table.verdict;
}

void ConversionWork::measure() {
    startStage(Stage::Measure, m_text.heldout.rows());
    const DecoderModel window = untrainedWindow(*m_teacher, m_plan);
    std::vector<EvaluatedModel> models = {
        {"teacher", &*m_teacher}, {"untrained-window", &window}, {"untrained-student", &*m_untrained}};
    if (m_transferred)
        models.push_back({"student-after-transfer", &*m_transferred});
    models.push_back({"student", &*m_student});
    std::int64_t windowSize = 0;
    for (const auto& student : m_students)
        if (student != nullptr)
            windowSize = std::max(windowSize, student->window());
    const std::string beyond = measureBeyond(window, windowSize); // before the final table, which stays the newest
    EvaluationTable table = evaluate(models, m_text.heldout, windowSize, m_progress);
    table.name = "final";
    table.verdict += beyond.empty() ? "" : " " + beyond;
    table.text = m_plan.heldout.empty() ? "held out of " + m_text.description
                                        : "held-out text “" + std::filesystem::path(m_plan.heldout).filename().string() + "”";
    table.step = m_plan.transferSteps + m_plan.finetuneSteps;
    m_progress.report(table);
    verifyStudent(*m_student, m_probe.ids, false, m_progress);
    m_progress.report(Figure{"peak memory", static_cast<double>(peakMemoryBytes()), "bytes"});
    m_progress.report(Figure{"session", std::chrono::duration<double>(Clock::now() - m_jobStart).count(), "seconds"});
    finishStage(Stage::Measure);
}

} // namespace lolcats
