// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"

#include "cli/event_json.h"

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>

namespace lolcats {

namespace {

constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::seconds kPlainPause{5};

std::string oneLine(std::string text) {
    for (char& letter : text)
        if (letter == '\n' || letter == '\r')
            letter = ' ';
    return text;
}

// Left-aligned first column, right-aligned others; widths count letters, not bytes.
std::string padded(const std::string& text, std::size_t width, bool left) {
    std::size_t letters = 0;
    for (const char letter : text)
        letters += (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U ? 1 : 0;
    const std::string space(width > letters ? width - letters : 0, ' ');
    return left ? text + space : space + text;
}

} // namespace

void printResult(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

int printFailure(const Failure& failure, bool json) {
    if (json) {
        printResult(jsonLine({{"error",
                               {{"code", failure.code},
                                {"summary", failure.summary},
                                {"detail", failure.detail},
                                {"remedy", failure.remedy}}}}));
    } else {
        std::fflush(stdout);
        std::fprintf(stderr, "lolcats: %s [%s]\n", oneLine(failure.summary).c_str(), failure.code.c_str());
        std::fprintf(stderr, "%s\n", oneLine(failure.remedy).c_str());
    }
    return exitCode(failure);
}

std::string numberText(double value, int digits) {
    if (std::isnan(value))
        return "–";
    if (std::abs(value) < 0.5 * std::pow(10.0, -digits))
        value = 0; // without a minus
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    if (std::abs(value) >= 1e7)
        std::snprintf(text.data(), text.size(), "%.3e", value);
    return text.data();
}

std::string bytesText(std::int64_t bytes) {
    static constexpr std::array<const char*, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return numberText(value, unit == 0 ? 0 : 1) + " " + units[unit];
}

std::string secondsText(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3600)
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

namespace {

// KL by position: a line a model, a column a band.
std::string bandsText(const EvaluationTable& table) {
    if (table.bands.size() < 2)
        return {};
    std::string text = padded("KL from position", 22, true);
    for (const std::int64_t first : table.bands)
        text += padded(std::to_string(first), 9, false);
    text += "\n";
    for (const EvaluationRow& row : table.rows) {
        if (row.name == "teacher" || row.bandKl.size() != table.bands.size())
            continue;
        text += padded(row.name, 22, true);
        for (const double kl : row.bandKl)
            text += padded(numberText(kl, 3), 9, false);
        text += "\n";
    }
    return text;
}

} // namespace

std::string evaluationText(const EvaluationTable& table) {
    std::vector<std::array<std::string, 6>> rows = {{"", "perplexity", "KL", "KL beyond", "agreement", "state"}};
    for (const EvaluationRow& row : table.rows)
        rows.push_back({row.name, numberText(row.perplexity, 3), numberText(row.kl, 4), numberText(row.klBeyond, 4),
                        std::isnan(row.agreement) ? "–" : numberText(100 * row.agreement, 1) + " %",
                        bytesText(row.stateBytes)});
    std::string text;
    for (const auto& row : rows) {
        text += padded(row[0], 22, true);
        for (std::size_t column = 1; column < row.size(); ++column)
            text += padded(row[column], 13, false);
        text += "\n";
    }
    text += bandsText(table);
    text += std::to_string(table.tokens) + " tokens in rows of " + std::to_string(table.length);
    if (!table.text.empty())
        text += ", " + table.text;
    if (!table.verdict.empty())
        text += "\n" + table.verdict;
    return text;
}

EventConsole::EventConsole(const Session& session)
    : m_json(session.json), m_quiet(session.quiet), m_verbose(session.verbose), m_terminal(isatty(STDERR_FILENO) != 0) {}

EventConsole::~EventConsole() {
    clearLine();
}

void EventConsole::tell(const JobEvent& event) {
    std::visit(*this, event);
}

void EventConsole::clearLine() {
    if (m_lineOpen)
        std::fputs("\r\033[K", stderr);
    m_lineOpen = false;
}

void EventConsole::note(const std::string& line) {
    if (m_quiet)
        return;
    clearLine();
    std::fprintf(stderr, "%s\n", line.c_str());
}

void EventConsole::operator()(const StageProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (m_quiet || now - m_lastLine < (m_terminal ? std::chrono::milliseconds(kTerminalPause) : kPlainPause))
        return;
    m_lastLine = now;
    std::string line = stageName(progress.stage);
    if (progress.steps > 0)
        line += " " + std::to_string(progress.step) + "/" + std::to_string(progress.steps);
    if (!progress.doing.empty() && progress.doing != "step")
        line += " · " + oneLine(progress.doing);
    if (!m_loss.empty())
        line += " · " + m_loss;
    if (progress.tokensPerSecond > 0)
        line += " · " + numberText(progress.tokensPerSecond, 0) + " tokens/s";
    if (progress.secondsLeft >= 0)
        line += " · " + secondsText(progress.secondsLeft) + " left";
    if (m_terminal) {
        std::fprintf(stderr, "\r\033[K%s", line.c_str());
        m_lineOpen = true;
    } else {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    std::fflush(stderr);
}

void EventConsole::operator()(const StageStarted& started) {
    m_loss.clear();
    note(std::string(stageName(started.stage)) + (started.steps > 0 ? ": " + std::to_string(started.steps) + " steps" : ""));
}

void EventConsole::operator()(const StageFinished& finished) {
    note(std::string(stageName(finished.stage)) + " done in " + secondsText(finished.seconds));
}

void EventConsole::operator()(const Metric& metric) {
    if (metric.layer == -1 && (metric.name == "transfer.loss" || metric.name == "finetune.loss"))
        m_loss = "loss " + numberText(metric.value, 4);
}

void EventConsole::operator()(const EvaluationTable& table) {
    if (m_verbose)
        note(table.name + "\n" + evaluationText(table));
}

void EventConsole::operator()(const CheckpointTaken& taken) {
    const std::string line = std::string("checkpoint: ") + stageName(taken.checkpoint->stage) + ", step " +
                             std::to_string(taken.checkpoint->step) + " (" + taken.checkpoint->reason + ")";
    if (m_verbose || taken.checkpoint->reason != "every")
        note(line);
}

void EventConsole::operator()(const MapTaken& taken) {
    if (m_verbose)
        note("attention maps kept: " + taken.snapshot->stage + ", step " + std::to_string(taken.snapshot->step));
}

void EventConsole::operator()(const LogLine& line) {
    if (line.level == LogLevel::Info ? m_verbose : line.level == LogLevel::Warning)
        note((line.level == LogLevel::Warning ? "note: " : "") + oneLine(line.text));
}

void EventConsole::operator()(const FileWritten& file) {
    note("written: " + file.path + " (" + bytesText(file.bytes) + ")");
}

void EventConsole::operator()(const CheckDone& check) {
    const std::string mark = check.id == "command" ? "  " : check.passed ? "✓ " : "✗ ";
    note(mark + check.sentence);
}

void EventConsole::operator()(const TextPiece& piece) {
    if (m_json)
        return;
    clearLine();
    std::fwrite(piece.text.data(), 1, piece.text.size(), stdout);
    std::fflush(stdout);
}

void EventConsole::operator()(const Figure& figure) {
    if (m_verbose)
        note(
            figure.name + ": " +
            (figure.unit == "bytes" ? bytesText(std::llround(figure.value)) : numberText(figure.value, 2) + " " + figure.unit));
}

} // namespace lolcats
