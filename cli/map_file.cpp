// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/map_file.h"

#include "core/records/failure.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace lolcats {

namespace {

// Zero above the diagonal: no token attends to a later one.
std::vector<float> square(const Triangle& triangle, std::size_t tokens) {
    std::vector<float> values(tokens * tokens, 0.0F);
    std::size_t at = 0;
    for (std::size_t row = 0; row < tokens; ++row)
        for (std::size_t column = 0; column <= row; ++column)
            values[row * tokens + column] = floatFromHalf(triangle.half[at++]);
    return values;
}

struct NamedTriangle {
    std::string name;
    const Triangle* triangle;
};

std::vector<NamedTriangle> trianglesOf(const MapSnapshot& snapshot) {
    const std::size_t tokens = snapshot.tokens.size();
    std::vector<NamedTriangle> found;
    for (const HeadMap& map : snapshot.maps) {
        const std::string head = "layer" + std::to_string(map.layer) + ".head" + std::to_string(map.head) + ".";
        for (const NamedTriangle& one :
             {NamedTriangle{head + "teacher", &map.teacher}, NamedTriangle{head + "student_softmax", &map.studentSoftmax},
              NamedTriangle{head + "student_linear", &map.studentLinear}})
            if (one.triangle->half.size() == tokens * (tokens + 1) / 2)
                found.push_back(one);
    }
    return found;
}

} // namespace

void writeMapFile(const std::string& path, const MapSnapshot& snapshot) {
    const std::size_t tokens = snapshot.tokens.size();
    const std::size_t bytes = tokens * tokens * sizeof(float);
    const auto triangles = trianglesOf(snapshot);
    nlohmann::ordered_json header;
    header["__metadata__"] = {
        {"probe", snapshot.probe},
        {"tokens", nlohmann::json(snapshot.tokens).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}};
    for (std::size_t i = 0; i < triangles.size(); ++i)
        header[triangles[i].name] = {
            {"dtype", "F32"}, {"shape", {tokens, tokens}}, {"data_offsets", {i * bytes, (i + 1) * bytes}}};
    std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');

    const std::string beside = path + ".part";
    std::ofstream file(beside, std::ios::binary);
    const std::uint64_t length = text.size();
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file << text;
    for (const NamedTriangle& one : triangles) {
        const auto values = square(*one.triangle, tokens);
        file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(bytes));
    }
    file.close();
    std::error_code error;
    if (file)
        std::filesystem::rename(beside, path, error);
    if (!file || error) {
        std::filesystem::remove(beside, error);
        throw Refusal("RES-DISK", "The file " + path + " could not be written.", "Check the folder and its free space.");
    }
}

} // namespace lolcats
