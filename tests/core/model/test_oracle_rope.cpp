// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rotary.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <algorithm>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// "llama3bf16freq__theta500000__near__q" in its parts.
struct Key {
    std::string type, place, part;
    double theta = 0;
};

Key keyOf(const std::string& name) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find("__", begin), name.size());
        parts.push_back(name.substr(begin, end - begin));
        begin = end + 2;
    }
    return parts.size() == 4 ? Key{parts[0], parts[2], parts[3], std::stod(parts[1].substr(5))} : Key();
}

RopeShape shapeOf(const Key& key, const Json& parameters) {
    RopeShape rope;
    rope.theta = key.theta;
    rope.type = key.type == "plain" ? "default" : key.type.starts_with("llama3") ? "llama3" : key.type;
    rope.bfloat16Frequencies = key.type.ends_with("bf16freq");
    rope.factor = rope.type == "llama3" ? 8 : parameters.value(rope.type + "_factor", 1.0);
    rope.original = rope.type == "llama3" ? 8192 : parameters["max_position_embeddings"].get<double>();
    return rope;
}

} // namespace

class TestOracleRope : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void everyKindOfRotationIsThatOfThePublishedCode() {
        int seen = 0;
        for (const std::string& file : oracleFiles("maps", ".json")) {
            const Json description = oracleJson(file);
            if (description.value("name", "") != "rope")
                continue;
            const Json& parameters = description["parameters"];
            const SafetensorsFile numbers(besideIt(file, ".safetensors"));
            const auto headDim = parameters["head_dim"].get<std::int64_t>();
            for (const auto& [name, about] : description["expected"].items()) {
                const Key key = keyOf(name);
                if (key.type.empty())
                    continue; // of the sizes of real models: below
                const at::Tensor positions = oracleTensor(numbers, key.place == "near" ? "positions" : "positions_far");
                const RopeShape rope = shapeOf(key, parameters);
                at::Tensor expected = oracleTensor(numbers, name);
                const at::Tensor frequencies = frequencyTensor(rope, headDim, positions.size(0), at::dtype(at::kDouble));
                if (rope.type == "linear" && key.part == "inv_freq")
                    expected = expected / rope.factor; // the published code divides the positions instead
                if (key.part == "inv_freq") {
                    QVERIFY2(((frequencies - expected).abs() / expected).max().item<double>() <= 1e-6, name.c_str());
                } else {
                    const at::Tensor angles = at::outer(positions.to(at::kDouble), frequencies);
                    const at::Tensor x = oracleTensor(numbers, key.part).to(at::kDouble);
                    // The published frequencies are float32's: far away that is more than the rotation's own tolerance.
                    const double tolerance = key.place == "near" ? 1e-5 : 1e-3;
                    QVERIFY2(largestDifference(rotated(x, angles.cos(), angles.sin()), expected) <= tolerance, name.c_str());
                }
                ++seen;
            }
        }
        if (seen == 0)
            QSKIP("the oracles' folder has no maps/rope");
    }

    void theFrequenciesOfRealModelsAreThoseOfThePublishedCode() {
        const std::string file = oraclesFolder() + "/maps/rope.safetensors";
        if (!std::filesystem::exists(file))
            QSKIP("the oracles' folder has no maps/rope");
        const SafetensorsFile numbers(file);
        for (const auto& [name, headDim, factor] :
             {std::tuple{"llama3_d128_inv_freq", 128, 8.0}, std::tuple{"llama32_d64_factor32_inv_freq", 64, 32.0}}) {
            const RopeShape rope{"llama3", 500000, factor, 1, 4, 8192, {}};
            const at::Tensor expected = oracleTensor(numbers, name);
            const at::Tensor found = frequencyTensor(rope, headDim, 0, at::dtype(at::kDouble));
            QVERIFY2(((found - expected).abs() / expected).max().item<double>() <= 1e-6, name);
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleRope)
#include "test_oracle_rope.moc"
