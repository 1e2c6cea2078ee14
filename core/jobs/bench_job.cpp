// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/bench.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"

namespace lolcats {

namespace {

class BenchJob final : public Job {
public:
    explicit BenchJob(const BenchRequest& request) : m_request(request) {}

    void run(Progress& progress) override {
        if (m_request.suite != "memory" && m_request.suite != "speed")
            throw Refusal("ARG-SUITE", "There is no suite “" + m_request.suite + "”.", "Take memory or speed.");
        const auto goOn = [&](const std::string& doing) {
            sayDoing(progress, Stage::Measure, doing, 0, 0);
            return !stopAsked(progress);
        };
        const std::vector<CheckDone> checks = m_request.suite == "memory" ? measuredMemory(goOn) : measuredSpeed(goOn);
        std::string failed;
        for (const CheckDone& check : checks) {
            progress.report(check);
            if (!check.passed && failed.empty())
                failed = check.sentence;
        }
        if (!failed.empty())
            throw Refusal("PAR-BENCH", "The suite found something that should not be: " + failed + ".",
                          "Run it again while nothing else does; if it stays, report it.");
    }

private:
    BenchRequest m_request;
};

} // namespace

std::unique_ptr<Job> makeBenchJob(const BenchRequest& request) {
    return std::make_unique<BenchJob>(request);
}

} // namespace lolcats
