// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Imports without the engine's door, and the logits of what came out.

#include "core/import/import_student.h"
#include "core/jobs/job_support.h"
#include "core/jobs/presets.h"
#include "tests/support/tiny_conversion.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace lolcats::testing {

class Silence final : public Progress {
public:
    void report(const JobEvent&) override {}
    JobRequests mayGoOn() override { return {}; }
};

using Changes = std::vector<std::pair<std::string, std::string>>;

inline ImportedStudent imported(const std::vector<std::string>& paths, const Changes& changes = {}) {
    Silence silence;
    return importStudent({tinyModel(), paths, "paper", changes}, engineCatalogue(), silence);
}

inline Subject subjectOf(const ImportedStudent& student) {
    return {student.plan.model, student.plan, student.student};
}

inline at::Tensor logitsOf(const Subject& subject, const at::Tensor& ids) {
    const at::NoGradGuard noGrad;
    Silence silence;
    const LoadedSubject loaded = loadSubject(subject, silence);
    return loaded.student->logits(loaded.student->hidden(ids));
}

inline const TensorBytes* tensorNamed(const Checkpoint& checkpoint, const std::string& name) {
    for (const TensorBytes& tensor : checkpoint.tensors)
        if (tensor.name == name)
            return &tensor;
    return nullptr;
}

} // namespace lolcats::testing
