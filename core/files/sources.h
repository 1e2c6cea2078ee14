// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The two kinds of model source, made.

#include "core/files/model_source.h"

#include <memory>
#include <string>

namespace lolcats {

std::unique_ptr<ModelSource> openGgufModel(const std::string& path);
std::unique_ptr<ModelSource> openHfModelDirectory(const std::string& path);

} // namespace lolcats
