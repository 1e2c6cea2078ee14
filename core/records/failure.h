// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What went wrong, said to a person: what and where, and what to do about it.

#include <exception>
#include <string>
#include <utility>

namespace lolcats {

struct Failure {
    std::string code;    // e.g. "ST-TRUNC"; the part before the first dash decides the exit code
    std::string summary; // one sentence: what is wrong and where
    std::string detail;  // further facts, may be several lines, may be empty
    std::string remedy;  // one sentence: what to do

    bool operator==(const Failure&) const = default;
};

// Something a person can mend. Thrown inside the engine and the formats, turned into a Failure at their doors.
// Default visibility, so that it can be caught on the other side of the engine's shared library.
class __attribute__((visibility("default"))) Refusal : public std::exception {
public:
    explicit Refusal(Failure failure) : m_failure(std::move(failure)) {}
    Refusal(std::string code, std::string summary, std::string remedy, std::string detail = {})
        : m_failure{std::move(code), std::move(summary), std::move(detail), std::move(remedy)} {}
    const Failure& failure() const { return m_failure; }
    const char* what() const noexcept override { return m_failure.summary.c_str(); }

private:
    Failure m_failure;
};

// 2 bad arguments or plan, 3 resources, 5 numbers, 6 parity, 7 input file refused, 1 everything else.
int exitCode(const Failure& failure);

} // namespace lolcats
