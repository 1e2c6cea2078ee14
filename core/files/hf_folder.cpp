// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/hf_folder.h"

#include "core/files/file_bytes.h"
#include "core/records/failure.h"

#include <algorithm>

namespace lolcats {

namespace fs = std::filesystem;

namespace {

bool isUnder(const fs::path& path, const fs::path& folder) {
    const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return end == folder.end();
}

// "models--HuggingFaceTB--SmolLM2-135M" to "HuggingFaceTB/SmolLM2-135M".
std::string cacheName(std::string name) {
    name.erase(0, std::string("models--").size());
    const std::size_t dashes = name.find("--");
    return dashes == std::string::npos ? name : name.replace(dashes, 2, "/");
}

bool isCacheEntry(const fs::path& path) {
    std::error_code error;
    return path.filename().string().starts_with("models--") && fs::is_directory(path / "snapshots", error);
}

fs::path snapshotOf(const fs::path& entry) {
    std::error_code error;
    if (fs::is_regular_file(entry / "refs" / "main", error)) {
        std::string revision = readTextFile((entry / "refs" / "main").string(), 4096, "FILE-READ");
        revision.erase(revision.find_last_not_of(" \r\n\t") + 1);
        const bool plain = !revision.empty() && revision.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        if (plain && fs::is_directory(entry / "snapshots" / revision, error))
            return entry / "snapshots" / revision;
    }
    fs::path newest;
    fs::file_time_type when = fs::file_time_type::min();
    for (const auto& snapshot : fs::directory_iterator(entry / "snapshots", error))
        if (snapshot.is_directory(error) && snapshot.last_write_time(error) >= when) {
            when = snapshot.last_write_time(error);
            newest = snapshot.path();
        }
    if (newest.empty())
        throw Refusal("FILE-MISSING", "The cache folder " + entry.string() + " holds no snapshot of a model.",
                      "Download the model again.");
    return newest;
}

} // namespace

HfFolder::HfFolder(const std::string& path) {
    std::error_code error;
    fs::path folder = fs::path(path).lexically_normal();
    if (!folder.has_filename())
        folder = folder.parent_path();
    folder = fs::absolute(folder, error).lexically_normal();
    m_path = isCacheEntry(folder) ? snapshotOf(folder) : folder;
    m_root = fs::canonical(m_path, error);
    const fs::path entry = m_root.parent_path().parent_path();
    const bool isSnapshot = m_root.parent_path().filename() == "snapshots" && fs::is_directory(entry / "blobs", error);
    if (isSnapshot)
        m_root = entry;
    m_name = isSnapshot && isCacheEntry(entry) ? cacheName(entry.filename().string()) : folder.filename().string();
}

bool HfFolder::has(const std::string& fileName) const {
    std::error_code error;
    return fs::exists(fs::symlink_status(m_path / fileName, error));
}

std::string HfFolder::file(const std::string& fileName) const {
    const fs::path path = m_path / fileName;
    std::error_code error;
    const fs::path target = fs::canonical(path, error);
    if (error) {
        const fs::path link = fs::read_symlink(path, error);
        throw Refusal("FILE-MISSING",
                      link.empty() ? "There is no file " + path.string() + "."
                                   : path.string() + " is a link to " + link.string() + ", which is not there.",
                      "Download the model again.");
    }
    if (!isUnder(target, m_root))
        throw Refusal("SEC-LINK",
                      path.string() + " is a link that leads out of the model's folder, to " + target.string() + ".",
                      "Put the file itself into the folder if you trust it.");
    return path.string();
}

std::vector<std::string> HfFolder::fileNames() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(m_path, error))
        if (!entry.is_directory(error))
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace lolcats
