// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where a run came from, as one JSON object and back; and the words for the machine at hand.

#include "core/records/run_record.h"

#include <string>

namespace lolcats {

std::string provenanceToJson(const Provenance& provenance);
Provenance provenanceFromJson(const std::string& json); // what is missing or cannot be read stays empty
// "Linux 6.1 x86_64, Intel Xeon …, 2 cores, 8 GiB": for Provenance::machine.
std::string machineDescription();

} // namespace lolcats
