// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Ctrl+C and SIGTERM: the first asks the job to stop after its step, the second ends the program at once.

namespace lolcats {

inline constexpr int kInterruptedExit = 4;

void watchForInterruption();
bool isInterrupted();

} // namespace lolcats
