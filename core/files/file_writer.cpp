// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/file_bytes.h"

#include "core/records/failure.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace lolcats {

namespace fs = std::filesystem;

namespace {

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

} // namespace

FileWriter::FileWriter(const std::string& path) : m_path(path) {
    const fs::path target(path);
    if (!target.has_filename())
        throw Refusal("FILE-WRITE", path + " names a folder, not a file to write.", "Give the name of a file.");
    int error = EEXIST;
    for (int attempt = 0; attempt < 100 && m_descriptor < 0 && error == EEXIST; ++attempt) {
        const std::string hidden = "." + target.filename().string().substr(0, 200) + "." + std::to_string(::getpid()) + "." +
                                   std::to_string(attempt) + ".part";
        m_temporary = (folderOf(target) / hidden).string();
        m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        error = errno;
    }
    if (m_descriptor < 0)
        refuse("created", error);
}

FileWriter::~FileWriter() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

void FileWriter::refuse(const char* action, int error) const {
    if (error == ENOSPC || error == EDQUOT)
        throw Refusal("RES-DISK", "The disk is full: " + m_path + " could not be written.",
                      "Free some space or choose another folder; nothing was left behind.");
    throw Refusal("FILE-WRITE", m_path + " could not be " + action + ": " + std::strerror(error) + ".",
                  "Check that the folder exists and that you may write there; nothing was changed.");
}

void FileWriter::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(m_descriptor, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            refuse("written", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
}

void FileWriter::write(std::string_view text) {
    write(std::as_bytes(std::span(text)));
}

const std::string& FileWriter::sync() {
    if (::fsync(m_descriptor) != 0)
        refuse("written to the disk", errno);
    return m_temporary;
}

void FileWriter::commit() {
    sync();
    if (::close(std::exchange(m_descriptor, -1)) != 0)
        refuse("written", errno);
    if (::rename(m_temporary.c_str(), m_path.c_str()) != 0)
        refuse("put in its place", errno);
    m_temporary.clear();
    const int folder = ::open(folderOf(m_path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder >= 0 && ::fsync(folder) == 0;
    if (folder >= 0)
        ::close(folder);
    if (!synced)
        throw Refusal("FILE-SYNC", m_path + " is written, but the disk did not confirm that it would outlast a power cut.",
                      "Check the disk, then write it again.");
}

void writeFile(const std::string& path, std::string_view text) {
    FileWriter writer(path);
    writer.write(text);
    writer.commit();
}

} // namespace lolcats
