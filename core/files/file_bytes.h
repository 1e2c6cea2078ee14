// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files of strangers, read with pread and never mapped; and files of our own, written beside and renamed.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace lolcats {

// A regular file, open for reading. Refuses folders, devices, FIFOs and what is missing (FILE-…), naming the path.
class FileBytes {
public:
    explicit FileBytes(const std::string& path);
    // The same with a code of the caller's in place of FILE-….
    FileBytes(const std::string& path, const std::string& code);
    ~FileBytes();
    FileBytes(FileBytes&& other) noexcept;
    FileBytes& operator=(FileBytes&& other) noexcept;

    const std::string& path() const { return m_path; }
    std::uint64_t size() const { return m_size; }
    // Fills `out` from `offset`. Refuses a range that is not in the file, or no longer (FILE-CUT).
    void read(std::uint64_t offset, std::span<std::byte> out) const;

private:
    std::string m_path;
    std::string m_code;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
};

// The whole of a file of at most `maximumBytes`. `code` is a refusal's code ("DATA-FILE"), or a prefix ("CFG": CFG-FILE).
std::string readTextFile(const std::string& path, std::uint64_t maximumBytes, const std::string& code);

// Written under a hidden name beside `path`, synced, renamed, and the folder synced. A full disk refuses with RES-DISK and
// leaves nothing behind.
class FileWriter {
public:
    explicit FileWriter(const std::string& path);
    ~FileWriter(); // without commit(): removes what was written
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;
    void write(std::span<const std::byte> bytes);
    void write(std::string_view text);
    // Everything is on the disk under the hidden name; returns that name, so that it can be read back before it counts.
    const std::string& sync();
    void commit();

private:
    void refuse(const char* action, int error) const;

    std::string m_path;
    std::string m_temporary;
    int m_descriptor = -1;
};
void writeFile(const std::string& path, std::string_view text);

// SHA-256 in hex. `goOn` is asked every few MiB and given the bytes done; false ends with an empty string.
std::string sha256OfFile(const std::string& path, const std::function<bool(std::uint64_t)>& goOn);
std::string sha256OfBytes(std::span<const std::byte> bytes);

} // namespace lolcats
