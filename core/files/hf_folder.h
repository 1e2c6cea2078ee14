// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A Hugging Face model's folder, also one of the Hugging Face cache. Files are found by plain names only, and a link that
// leads out of the folder (or out of its cache entry) is refused.

#include <filesystem>
#include <string>
#include <vector>

namespace lolcats {

class HfFolder {
public:
    // For models--owner--name, the snapshot that refs/main names, else the newest.
    explicit HfFolder(const std::string& path);
    const std::filesystem::path& path() const { return m_path; }
    const std::string& name() const { return m_name; } // "owner/name" in the cache
    bool has(const std::string& fileName) const;
    // The path of a file that is there; refuses links that lead elsewhere (SEC-LINK).
    std::string file(const std::string& fileName) const;
    std::vector<std::string> fileNames() const; // sorted, no folders

private:
    std::filesystem::path m_path;
    std::filesystem::path m_root; // links may lead to anywhere under it
    std::string m_name;
};

} // namespace lolcats
