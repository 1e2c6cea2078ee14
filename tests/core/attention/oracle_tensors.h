// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The numbers of an oracle as tensors in double.

#include "core/records/failure.h"
#include "tests/support/oracles.h"

#include <torch/types.h>

#include <map>
#include <string>

namespace lolcats::testing {

struct Oracle {
    std::string name;
    Json json;
    std::map<std::string, at::Tensor> tensors;

    const Json& parameter(const std::string& key) const { return json.at("parameters").at(key); }
    std::int64_t number(const std::string& key) const { return parameter(key).get<std::int64_t>(); }
    bool has(const std::string& key) const { return json.at("parameters").contains(key); }
    bool says(const std::string& key) const { return has(key) && parameter(key).get<bool>(); }
    std::string word(const std::string& key) const { return has(key) ? parameter(key).get<std::string>() : std::string(); }
    double tolerance() const { return json.at("tolerance").at("float64").get<double>(); }
    const at::Tensor& operator[](const std::string& key) const { return tensors.at(key); }
};

inline Oracle readOracle(const std::string& path) {
    static const std::map<std::string, at::ScalarType> types = {{"F64", at::kDouble}, {"F32", at::kFloat}, {"I64", at::kLong},
                                                                {"I32", at::kInt},    {"I8", at::kChar},   {"U8", at::kByte}};
    Oracle oracle{path.substr(path.rfind('/') + 1), oracleJson(path), {}};
    const SafetensorsFile file(besideIt(path, ".safetensors"));
    for (const SafetensorsEntry& entry : file.entries()) {
        std::vector<std::byte> bytes = file.read(entry);
        oracle.tensors[entry.name] =
            at::from_blob(bytes.data(), entry.shape, types.at(entry.dtype)).to(at::kDouble, false, true);
    }
    return oracle;
}

} // namespace lolcats::testing
