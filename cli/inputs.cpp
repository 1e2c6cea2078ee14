// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inputs.h"

#include "cli/interruption.h"
#include "cli/job_runner.h"
#include "core/records/failure.h"
#include "core/records/plan_json.h"
#include "core/runs/provenance_json.h"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace lolcats {

namespace fs = std::filesystem;

std::string textOfFile(const std::string& path) {
    std::error_code error;
    if (!fs::exists(path, error))
        throw Refusal("FILE-MISSING", "There is no file " + path + ".", "Check the path.");
    constexpr std::uintmax_t largest = 256U << 20U;
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > largest)
        throw Refusal("FILE-TEXT", path + " is not a text file of at most 256 MiB.", "Give a plain text file.");
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || text.bad())
        throw Refusal("FILE-OPEN", "The file " + path + " cannot be read.", "Check that you may read it.");
    return text.str();
}

std::string absolutePath(const std::string& path) {
    return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

bool isRunPath(const std::string& path) {
    return path.ends_with(".lolcats");
}

std::vector<std::int64_t> integersFromText(const std::string& text, const std::string& option) {
    std::vector<std::int64_t> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        if (*at == ',' || *at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == '[' || *at == ']') {
            ++at;
            continue;
        }
        std::int64_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc())
            throw Refusal("ARG-NUMBERS", "The value of " + option + " is not a list of whole numbers.",
                          "Write them with commas between, for example 1,2,3.");
        numbers.push_back(number);
        at = next;
    }
    return numbers;
}

std::vector<std::string> wordsFromText(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, ',');)
        if (!word.empty())
            words.push_back(word);
    return words;
}

void refuseExistingRun(const std::string& run) {
    std::error_code error;
    if (fs::symlink_status(run, error).type() != fs::file_type::not_found)
        throw Refusal("ARG-RUN-EXISTS", "The run file " + run + " exists already.",
                      "Choose another name, or go on with that run with `lolcats resume`.");
    const fs::path folder = fs::absolute(run).parent_path();
    if (!fs::is_directory(folder, error))
        throw Refusal("ARG-RUN-FOLDER", "The folder of the run file, " + folder.string() + ", does not exist.",
                      "Make the folder first.");
}

Provenance provenanceOf(const Engine& engine, const ConversionPlan& plan, const std::string& hash) {
    Provenance provenance;
    provenance.program = "lolcats " LOLCATS_VERSION;
    provenance.modelPath = plan.model;
    provenance.modelSha256 = hash;
    provenance.machine = machineDescription();
    provenance.engine = engine.version();
    provenance.threads = plan.threads != 0 ? plan.threads : std::thread::hardware_concurrency();
    provenance.started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return provenance;
}

RunSubject runSubject(const Session& session, Engine& engine, const RunReader& reader, const std::string& model) {
    RunSubject subject;
    subject.record = reader.record();
    subject.plan = planFromJson(subject.record.planJson, "/", engine.catalogue());
    if (!model.empty())
        subject.plan.model = absolutePath(model);
    if (session.threads != 0)
        subject.plan.threads = session.threads;
    std::error_code error;
    if (!fs::exists(subject.plan.model, error))
        throw Refusal("FILE-MODEL-MISSING", "The model of this run, " + subject.plan.model + ", is not there.",
                      "Say where it is now with --model PATH.");
    const std::string& expected = subject.record.provenance.modelSha256;
    ConsoleProgress progress(session);
    if (!expected.empty() && engine.hashModel(subject.plan.model, progress) != expected && !isInterrupted())
        throw Refusal("FILE-MODEL-CHANGED", "The model " + subject.plan.model + " is not the one that this run was made of.",
                      "Say where the original is with --model PATH; its weights have the SHA-256 " + expected + ".");
    engine.configure(EngineSettings{static_cast<int>(subject.plan.threads)});
    return subject;
}

Subject subjectOf(const Session& session, Engine& engine, const std::string& runOrModel, const std::string& model) {
    if (!isRunPath(runOrModel))
        return {absolutePath(runOrModel), std::nullopt, nullptr};
    const RunReader reader(runOrModel);
    auto student = reader.bestCheckpoint();
    if (student == nullptr)
        throw Refusal("RUN-NO-CHECKPOINT", "The run " + runOrModel + " has no checkpoint yet, so there is no student.",
                      "Go on with it with `lolcats resume`.");
    RunSubject run = runSubject(session, engine, reader, model);
    return {run.plan.model, std::move(run.plan), std::move(student)};
}

} // namespace lolcats
