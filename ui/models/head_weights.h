// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One head's attention as numbers that can be looked up, and the few figures that are told about it.

#include "core/records/attention_map.h"

#include <vector>

namespace lolcats {

enum class StudentPart { Both, Window, Linear };

// Weights of a lower triangle, row by row; empty where there is none.
struct WeightTriangle {
    int tokens = 0;
    std::vector<float> values;

    bool empty() const { return values.empty(); }
    float at(int query, int key) const {
        return values[static_cast<std::size_t>(query) * (static_cast<std::size_t>(query) + 1) / 2 +
                      static_cast<std::size_t>(key)];
    }
};

// A triangle whose size fits no whole number of tokens is taken for empty.
WeightTriangle unpacked(const Triangle& triangle);
WeightTriangle studentWeights(const HeadMap& map, StudentPart part);
WeightTriangle difference(const WeightTriangle& student, const WeightTriangle& teacher);

// Means over the rows from `fromRow` on.
double meanEntropy(const WeightTriangle& weights, int fromRow);   // nats
double meanFirstMass(const WeightTriangle& weights, int fromRow); // on the first token
double rowSum(const WeightTriangle& weights, int row);
float greatest(const WeightTriangle& weights); // in size, whatever the sign
// The value that all but one in two hundred stay below: the first rows have few keys and so very large weights.
double highEnd(const WeightTriangle& teacher, const WeightTriangle& student);

} // namespace lolcats
