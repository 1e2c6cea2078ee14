// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// PyTorch's checkpoints (torch.save): a zip archive with a pickle that describes tensors, and their bytes beside it. Read as
// the safetensors reader reads: descriptions first, bytes when they are asked for. Nothing in the file is run.

#include "core/files/safetensors.h"
#include "core/files/zip_archive.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lolcats {

struct PickleValue;
struct Pickle;

struct TorchTensor {
    std::string name;
    std::string dtype; // safetensors' word: "F32", "BF16", …
    std::vector<std::int64_t> shape;
    std::string storage;     // its file in the archive
    std::uint64_t first = 0; // place of its first element there
    std::vector<std::int64_t> strides;
};

// The dictionary of tensors of a file: the file's own, or the one under “model_state_dict”. Numbers beside it are kept.
class TorchCheckpoint {
public:
    explicit TorchCheckpoint(const std::string& path); // refuses with PT-…, SEC-PICKLE
    const std::string& path() const { return m_archive.path(); }
    const std::vector<TorchTensor>& tensors() const { return m_tensors; }      // in the file's order
    const std::map<std::string, double>& numbers() const { return m_numbers; } // "step", "eval/loss"
    std::vector<std::byte> read(const TorchTensor& tensor) const;              // row-major
    std::vector<float> readFloats(const TorchTensor& tensor) const;            // refuses what holds no fractions (PT-TENSOR)

    static bool isOne(const std::string& path); // by its first bytes: a zip archive

private:
    void addTensors(const Pickle& pickle, const PickleValue& dictionary);
    void addTensor(const Pickle& pickle, const std::string& name, const PickleValue& value);

    ZipArchive m_archive;
    std::string m_folder; // of the archive's files: "name/"
    std::vector<TorchTensor> m_tensors;
    std::set<std::string> m_names;
    std::map<std::string, double> m_numbers;
};

// Writes such a file: {"model_state_dict": {…}, then the numbers}, so that torch.load(…, weights_only=True) reads it. Equal
// content gives equal bytes. The tensors keep their order; one at a time is in memory.
void writeTorchCheckpoint(const std::string& path, const std::vector<SafetensorsSource>& tensors,
                          const std::map<std::string, std::int64_t>& numbers);

} // namespace lolcats
