// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What is said: results on standard output, progress, notes and errors on standard error.

#include "cli/session.h"
#include "core/records/failure.h"
#include "core/records/job_event.h"

#include <chrono>
#include <string>

namespace lolcats {

void printResult(const std::string& text); // with a line's end
// Two lines, or {"error": …} with `json`. Returns the exit code.
int printFailure(const Failure& failure, bool json);

std::string bytesText(std::int64_t bytes);        // "11.8 MiB"
std::string secondsText(double seconds);          // "2 min 10 s"
std::string numberText(double value, int digits); // "–" for NaN
// Columns of the evaluation: name, perplexity, KL, KL beyond, agreement, state.
std::string evaluationText(const EvaluationTable& table);

// Says a job's events to a person: one line that updates on a terminal, one every few seconds elsewhere.
class EventConsole {
public:
    explicit EventConsole(const Session& session);
    ~EventConsole(); // ends the line that updates
    EventConsole(const EventConsole&) = delete;
    EventConsole& operator=(const EventConsole&) = delete;
    void tell(const JobEvent& event);
    void note(const std::string& line);

    void operator()(const StageProgress& progress);
    void operator()(const StageStarted& started);
    void operator()(const StageFinished& finished);
    void operator()(const Metric& metric);
    void operator()(const EvaluationTable& table);
    void operator()(const CheckpointTaken& taken);
    void operator()(const MapTaken& taken);
    void operator()(const LogLine& line);
    void operator()(const FileWritten& file);
    void operator()(const CheckDone& check);
    void operator()(const TextPiece& piece);
    void operator()(const Figure& figure);

private:
    void clearLine();
    bool m_json = false;
    bool m_quiet = false;
    bool m_verbose = false;
    bool m_terminal = false;
    bool m_lineOpen = false;
    std::string m_loss;
    std::chrono::steady_clock::time_point m_lastLine;
};

} // namespace lolcats
