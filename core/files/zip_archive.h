// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Zip archives of strangers as far as PyTorch writes them: every file stored as it is, one disk, no encryption. What a file's
// place is, the directory at the end says; each place is checked against the file's length, its own header and its neighbours.

#include "core/files/file_bytes.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct ZipEntry {
    std::string name;
    std::uint64_t begin = 0; // of the content, from the start of the archive
    std::uint64_t bytes = 0;
    std::uint32_t checksum = 0;
};

class ZipArchive {
public:
    explicit ZipArchive(const std::string& path); // refuses with PT-ZIP
    const std::string& path() const { return m_file.path(); }
    const std::vector<ZipEntry>& entries() const { return m_entries; } // in the order of their places
    const ZipEntry* find(const std::string& name) const;               // null: not there
    // The whole content, checked against its checksum. The caller has looked at its size.
    std::vector<std::byte> read(const ZipEntry& entry) const;

private:
    FileBytes m_file;
    std::vector<ZipEntry> m_entries;
    std::map<std::string, std::size_t> m_byName;
};

} // namespace lolcats
