// SPDX-License-Identifier: GPL-3.0-or-later
// The straight line: what a conversion is, from a plan to a measured student.
#include "core/jobs/conversion_work.h"
#include "core/jobs/job_support.h"

namespace lolcats {

namespace {

class ConversionJob final : public Job {
public:
    ConversionJob(const ConversionPlan& plan, std::shared_ptr<const Checkpoint> from) : m_plan(plan), m_from(std::move(from)) {}

    void run(Progress& progress) override {
        ConversionWork work(m_plan, m_from.get(), progress);
        work.openModel();              // teacher, frozen
        work.prepareText();            // train and held-out rows
        work.makeStudents();           // one mixer a layer, minus those that stay softmax
        if (!work.transferAttention()) // each layer's error goes down
            return;
        work.installStudents();       // the decoder is now linear
        if (!work.finetuneAdapters()) // the loss against the teacher goes down
            return;
        work.measure(); // held-out figures beside the student's own untrained window
    }

private:
    ConversionPlan m_plan;
    std::shared_ptr<const Checkpoint> m_from;
};

} // namespace

std::unique_ptr<Job> makeConversionJob(const ConversionPlan& plan, std::shared_ptr<const Checkpoint> resumeFrom) {
    return std::make_unique<ConversionJob>(plan, std::move(resumeFrom));
}

} // namespace lolcats
