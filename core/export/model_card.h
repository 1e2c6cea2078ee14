// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The README.md of an export: what the model is, how good the copy is, and what was not measured.

#include "core/export/exporter.h"

#include <string>

namespace lolcats {

// The command that measures an exported folder with lm-evaluation-harness.
std::string evaluationCommand(const std::string& folder);
std::string modelCard(const ExportSubject& subject, const ExportRequest& request);
std::string adapterCard(const ExportSubject& subject, const ExportRequest& request);

} // namespace lolcats
