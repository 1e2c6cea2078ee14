// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"

#include <map>

namespace lolcats {

int exitCode(const Failure& failure) {
    static const std::map<std::string, int> exits = {
        {"FILE", 7}, {"ST", 7},  {"IDX", 7}, {"GG", 7},   {"CFG", 7}, {"TK", 7},  {"DATA", 7}, {"RUN", 7}, {"SEC", 7},
        {"PT", 7},   {"IMP", 7}, {"ARG", 2}, {"PLAN", 2}, {"EXP", 2}, {"RES", 3}, {"NUM", 5},  {"PAR", 6}, {"INT", 1},
    };
    const auto found = exits.find(failure.code.substr(0, failure.code.find('-')));
    return found == exits.end() ? 1 : found->second;
}

} // namespace lolcats
