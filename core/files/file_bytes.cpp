// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/file_bytes.h"

#include "core/records/failure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lolcats {

namespace {

std::string codeOr(const std::string& given, const char* own) {
    return given.empty() ? own : given;
}

} // namespace

FileBytes::FileBytes(const std::string& path) : FileBytes(path, std::string()) {}

FileBytes::FileBytes(const std::string& path, const std::string& code) : m_path(path), m_code(code) {
    // Without O_NONBLOCK the opening of a FIFO would wait for a writer for ever.
    m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (m_descriptor < 0) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR)
            throw Refusal(codeOr(code, "FILE-MISSING"), "There is no file " + path + ".",
                          "Check the path, or choose another file.");
        throw Refusal(codeOr(code, "FILE-READ"), "The file " + path + " cannot be opened: " + std::strerror(error) + ".",
                      "Check that you may read it.");
    }
    struct stat facts = {};
    if (::fstat(m_descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        ::close(m_descriptor);
        m_descriptor = -1;
        throw Refusal(codeOr(code, "FILE-KIND"),
                      path + (S_ISDIR(facts.st_mode) ? " is a folder, not a file." : " is not a regular file."),
                      "Choose a regular file.");
    }
    m_size = static_cast<std::uint64_t>(facts.st_size);
}

FileBytes::~FileBytes() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : m_path(std::move(other.m_path)), m_code(std::move(other.m_code)), m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_size(other.m_size) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
    std::swap(m_path, other.m_path);
    std::swap(m_code, other.m_code);
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_size, other.m_size);
    return *this;
}

void FileBytes::read(std::uint64_t offset, std::span<std::byte> out) const {
    const bool inside = offset <= m_size && out.size() <= m_size - offset;
    std::size_t done = 0;
    while (inside && done < out.size()) {
        const ssize_t got = ::pread(m_descriptor, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw Refusal(codeOr(m_code, "FILE-READ"), "Reading " + m_path + " failed: " + std::strerror(errno) + ".",
                          "Check the disk that it lies on.");
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    if (!inside || done < out.size())
        throw Refusal(codeOr(m_code, "FILE-CUT"),
                      m_path + " ends before byte " + std::to_string(offset + out.size()) +
                          ": it was cut short, perhaps while it was being read.",
                      "Fetch the file again, and leave it alone while it is in use.");
}

std::string readTextFile(const std::string& path, std::uint64_t maximumBytes, const std::string& code) {
    const std::string whole = code.find('-') == std::string::npos ? code + "-FILE" : code;
    const FileBytes file(path, whole);
    if (file.size() > maximumBytes)
        throw Refusal(whole,
                      path + " has " + std::to_string(file.size()) + " bytes; at most " + std::to_string(maximumBytes) +
                          " are read of a file of this kind.",
                      "Check that it is the right file.");
    std::string text(file.size(), '\0');
    file.read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

} // namespace lolcats
