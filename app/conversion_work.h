// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the trainer thread does with a run file: begin, go on, export, look at maps. No Qt here: all of it runs on that thread.
// Everything throws Refusal; the thread's door turns it into a Failure.

#include "app/job_thread.h"
#include "core/records/attention_map.h"
#include "core/records/conversion_plan.h"
#include "core/runs/run_store.h"

#include <functional>
#include <memory>
#include <string>

namespace lolcats::conversion_work {

// `fileIsThere` is called on the GUI thread once the run file can be read.
void begin(Trainer& trainer, const ConversionPlan& plan, const std::string& path, std::function<void()> fileIsThere);
// From the newest checkpoint, or from the start where there is none. Refuses a model whose bytes have changed.
void goOn(Trainer& trainer, const std::string& path, std::function<void()> fileIsThere);
// A student made elsewhere, into a run file that is made for it.
void importStudent(Trainer& trainer, const ImportRequest& request, const std::string& path);
// The run's best student. `request` lacks figures and provenance: they come from the run.
void exportStudent(Trainer& trainer, const std::string& path, ExportRequest request);
std::shared_ptr<const MapSnapshot> maps(Trainer& trainer, const std::string& path, const std::string& text);

// The run's student without its tensors: enough for forecasts.
Subject subjectOf(const RunRecord& run);

} // namespace lolcats::conversion_work
