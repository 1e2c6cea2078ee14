// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tells by their first bytes the kinds of file that people take for a model's weights, each with its own sentence.

#include "core/files/file_bytes.h"

#include <string>

namespace lolcats {

// Refuses a zip, a pickle, a GGUF file (unless `ggufIsFine`), a Git-LFS pointer and a web page. Lets everything else through.
void refuseForeignKinds(const FileBytes& file, bool ggufIsFine);
bool isGguf(const FileBytes& file);
// By its name: .bin, .pt, .pth, .ckpt, .pkl, .h5, .msgpack.
bool looksLikePickleName(const std::string& fileName);

} // namespace lolcats
