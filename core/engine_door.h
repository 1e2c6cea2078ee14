// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Opens the engine's shared library at first use. The only way in for programs: nothing links the engine itself.

#include "core/engine.h"

#include <memory>

namespace lolcats {

// Loads ../lib/lolcats/liblolcats_engine.so, counted from the program's folder (or LOLCATS_ENGINE). Sets OpenMP's wait policy
// to passive first: libgomp reads it once, when it is loaded, and its busy-waiting would take the window's core.
// Refuses with INT-ENGINE when the library cannot be loaded. May be called by any thread; the second call gives a second
// Engine.
std::unique_ptr<Engine> openEngine();

} // namespace lolcats
