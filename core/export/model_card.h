// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The README.md of an export: what the model is, how good the copy is, and what was not measured.

#include "core/export/exporter.h"

#include <string>

namespace lolcats {

std::string modelCard(const ExportSubject& subject, const ExportRequest& request);

} // namespace lolcats
