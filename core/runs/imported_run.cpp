// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/imported_run.h"

namespace lolcats {

void storeImported(RunWriter& writer, std::shared_ptr<const Checkpoint> student, const std::vector<std::string>& notices,
                   bool hasSteps) {
    writer.setState(RunState::Preparing, "");
    for (const std::string& notice : notices)
        writer.add(LogLine{LogLevel::Info, notice, 0});
    writer.add(CheckpointTaken{std::move(student)});
    writer.commit();
    writer.setState(hasSteps ? RunState::Stopped : RunState::Completed, "");
}

} // namespace lolcats
