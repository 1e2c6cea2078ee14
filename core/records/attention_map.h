// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Attention maps as numbers: what a probe text looks like to teacher and student, head by head.

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

// The lower triangle with its diagonal, row by row: tokens * (tokens + 1) / 2 numbers, kept as IEEE half bits.
struct Triangle {
    std::vector<std::uint16_t> half;
};
std::uint16_t halfFromFloat(float value); // round to nearest even
float floatFromHalf(std::uint16_t half);

struct HeadMap {
    int layer = 0;
    int head = 0;
    Triangle teacher;         // empty in all snapshots but the first of a run
    Triangle studentSoftmax;  // student's window and sinks …
    Triangle studentLinear;   // … and its linear part; the two sum to 1 a row
    double kl = 0;            // mean over rows of KL(teacher || student), nats
    double beyondTeacher = 0; // teacher's mean mass outside the student's window and sinks
    double beyondStudent = 0; // student's mean mass in its linear part
};

// A snapshot as a slider shows it.
struct MapKey {
    std::int64_t id = 0;
    std::int64_t step = 0;
    std::string stage;
};

struct MapSnapshot {
    std::string probe;               // the text
    std::vector<std::string> tokens; // its token words
    std::int64_t step = 0;           // over all stages: what the slider shows
    std::string stage;               // name of the stage
    int layers = 0;
    int heads = 0;
    int kvHeads = 0;
    int window = 0; // of the student, for the border that is drawn; 0: none
    int sinks = 0;
    std::vector<HeadMap> maps; // of the layers that were kept, in order of layer and head
};

} // namespace lolcats
