// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Python that an export carries, so that `transformers` can run it: name to text. Embedded, so that they are those of the
// engine that writes the export.

#include <map>
#include <string>

namespace lolcats {

const std::map<std::string, std::string>& pythonFiles();

} // namespace lolcats
