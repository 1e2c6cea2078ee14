// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The settings that the contract of mixers is asked of: the list of mixers, the list of maps, and windows of each kind.

#include "core/attention/attention.h"
#include "tests/core/attention/mixers.h"

#include <QTest>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

namespace lolcats::testing {

inline constexpr std::int64_t kHeads = 4;
inline constexpr std::int64_t kKvHeads = 2;
inline constexpr std::int64_t kHeadDim = 6;
inline constexpr std::int64_t kFeatureDim = 5;

struct Setting {
    std::string id;
    std::string map;
    OptionValues options;
    std::int64_t window = 8;
};

inline bool has(const Choice& choice, const std::string& option) {
    return std::any_of(choice.options.begin(), choice.options.end(), [&](const auto& one) { return one.name == option; });
}

// Every window with the first of the maps; the others change nothing about windows, so a few serve.
inline void addSetting(const Setting& setting, std::vector<Setting>& settings, const Choice& choice) {
    if (!has(choice, "window")) {
        settings.push_back(setting);
        return;
    }
    const std::vector<std::string> shapes =
        has(choice, "window_shape") ? std::vector<std::string>{"sliding", "terraced"} : std::vector<std::string>{"sliding"};
    const bool all = setting.map.empty() || setting.map == featureMapParts().front().choice.id;
    for (const std::int64_t window : all ? std::vector<std::int64_t>{1, 3, 8, 40} : std::vector<std::int64_t>{3})
        for (const std::string& shape : shapes)
            for (const std::int64_t sinks : all ? std::vector<std::int64_t>{0, 1, 4} : std::vector<std::int64_t>{4}) {
                Setting one = setting;
                one.window = window;
                one.options.insert({{"window", window}, {"window_shape", shape}, {"sinks", sinks}});
                settings.push_back(one);
                if (has(choice, "combination") && sinks > 0 && (window == 3 || window == 8)) {
                    one.options.insert({"combination", std::string("ratio")});
                    settings.push_back(one);
                }
            }
}

inline std::vector<Setting> allSettings() {
    std::vector<Setting> settings;
    for (const AttentionPart& part : attentionParts()) {
        if (has(part.choice, "clusters")) {
            addSetting({part.choice.id, "", {{"clusters", kFeatureDim}}}, settings, part.choice);
            for (const std::string positions : {"plain", "rotated"})
                settings.push_back({part.choice.id,
                                    "",
                                    {{"clusters", kFeatureDim},
                                     {"cluster_positions", positions},
                                     {"cluster_decay", false},
                                     {"window", std::int64_t{8}},
                                     {"sinks", std::int64_t{1}}}});
        } else if (!part.takesFeatureMap)
            addSetting({part.choice.id, "", {}}, settings, part.choice);
        else
            for (const FeatureMapPart& map : featureMapParts())
                addSetting({part.choice.id, map.choice.id, {{"feature_dim", kFeatureDim}, {"linear_factor", 0.3}}}, settings,
                           part.choice);
    }
    return settings;
}

inline std::string nameOf(const Setting& setting) {
    std::string name = setting.id + " " + setting.map;
    for (const auto& [option, value] : setting.options)
        if (option == "window" || option == "window_shape" || option == "sinks" || option == "combination" ||
            option.rfind("cluster_", 0) == 0)
            name += " " + option + " " + optionText(value);
    return name;
}

inline MixerShape shapeOf(at::ScalarType type, std::int64_t heads = kHeads, std::int64_t kvHeads = kKvHeads) {
    MixerShape shape{heads, kvHeads, kHeadDim, 3, type};
    shape.frequencies = frequencies();
    return shape;
}

// Learned parts moved off their starts, differently in each head.
inline void disturb(const AttentionMixer& mixer, std::uint64_t seed = 50) {
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : learnedTensors(mixer))
        learned.tensor.add_(random(learned.tensor.sizes(), seed++, learned.tensor.scalar_type()), 0.5);
}

inline std::unique_ptr<AttentionMixer> makeDisturbed(const Setting& setting, const MixerShape& shape) {
    std::unique_ptr<AttentionMixer> mixer = makeMixer(setting.id, shape, setting.map, setting.options);
    disturb(*mixer);
    return mixer;
}

inline AttentionInputs inputsOf(std::int64_t tokens, std::int64_t batch = 1, at::ScalarType type = at::kDouble) {
    return converted(atPositions(random({batch, kHeads, tokens, kHeadDim}, 1), random({batch, kKvHeads, tokens, kHeadDim}, 2),
                                 random({batch, kKvHeads, tokens, kHeadDim}, 3)),
                     type);
}

// Around the window, and around the chunks that tokens are cut into.
inline std::set<std::int64_t> lengthsFor(std::int64_t window) {
    std::set<std::int64_t> lengths = {1, window, window + 1, 2 * window, 2 * window + 1, 37, 64, 65, 129, 150};
    if (window > 1)
        lengths.insert(window - 1);
    return lengths;
}

// A row of the test's table for each setting that is asked about, and the setting of the row that runs.
template <typename Question> void everySetting(Question&& isAsked) {
    QTest::addColumn<int>("number");
    const std::vector<Setting> settings = allSettings();
    for (std::size_t i = 0; i < settings.size(); ++i)
        if (isAsked(settings[i]))
            QTest::newRow(nameOf(settings[i]).c_str()) << static_cast<int>(i);
}
inline void everySetting() {
    everySetting([](const Setting&) { return true; });
}
inline Setting settingOfRow() {
    QFETCH(int, number);
    return allSettings()[static_cast<std::size_t>(number)];
}

} // namespace lolcats::testing
