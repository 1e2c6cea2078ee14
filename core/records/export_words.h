// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What is said about exports in more than one place.

namespace lolcats {

inline constexpr const char* kNoGguf = "There is no GGUF export, because no GGUF runtime has this layer.";

} // namespace lolcats
