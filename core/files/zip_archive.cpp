// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/zip_archive.h"

#include "core/files/crc32.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace lolcats {

namespace {

constexpr std::uint64_t kEndBytes = 22; // of the record at the very end
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kWideEndBytes = 56;
constexpr std::uint64_t kEntryBytes = 46;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kMostEntries = 100'000;
constexpr std::uint64_t kLongestName = 4096;
constexpr std::uint64_t kLargestDirectory = 64ULL << 20U;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
    throw Refusal("PT-ZIP", "The archive " + path + " " + what + ".",
                  "It is damaged, or no checkpoint that PyTorch wrote: get it from its source again.");
}

// Little-endian numbers out of a piece of the file; reading past its end refuses.
class Cursor {
public:
    Cursor(const std::string& path, std::span<const std::byte> bytes) : m_path(path), m_bytes(bytes) {}
    std::uint64_t left() const { return m_bytes.size() - m_at; }
    std::uint64_t number(std::uint64_t bytes) {
        const auto piece = take(bytes);
        std::uint64_t value = 0;
        for (std::uint64_t i = 0; i < bytes; ++i)
            value |= static_cast<std::uint64_t>(piece[i]) << (8 * i);
        return value;
    }
    std::string text(std::uint64_t bytes) {
        const auto piece = take(bytes);
        return {reinterpret_cast<const char*>(piece.data()), piece.size()};
    }
    std::span<const std::byte> take(std::uint64_t bytes) {
        if (bytes > left())
            refuse(m_path, "breaks off inside its directory");
        m_at += bytes;
        return m_bytes.subspan(m_at - bytes, bytes);
    }

private:
    const std::string& m_path;
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
};

std::vector<std::byte> piece(const FileBytes& file, std::uint64_t begin, std::uint64_t bytes) {
    std::vector<std::byte> all(bytes);
    file.read(begin, all);
    return all;
}

struct Directory {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0; // where the records behind it begin
};

// The record at the end has a comment behind it, so its place is searched for.
std::uint64_t placeOfEnd(const FileBytes& file) {
    const std::uint64_t searched = std::min<std::uint64_t>(file.size(), kEndBytes + 0xFFFF);
    const std::uint64_t from = file.size() - searched;
    const std::vector<std::byte> tail = piece(file, from, searched);
    for (std::uint64_t back = kEndBytes; back <= searched; ++back) {
        const std::byte* at = tail.data() + (searched - back);
        if (std::memcmp(at, "PK\x05\x06", 4) != 0)
            continue;
        const std::uint64_t comment = static_cast<std::uint64_t>(at[20]) | static_cast<std::uint64_t>(at[21]) << 8U;
        if (comment == back - kEndBytes)
            return from + (searched - back);
    }
    refuse(file.path(), "has no directory at its end: it was cut off, or is no zip archive");
}

// The wide record, of an archive that is larger than the narrow one can say.
void readWideEnd(const FileBytes& file, std::uint64_t locatorAt, Directory& directory) {
    const std::string& path = file.path();
    const auto locatorBytes = piece(file, locatorAt, kLocatorBytes);
    Cursor locator(path, locatorBytes);
    locator.take(4);
    if (locator.number(4) != 0)
        refuse(path, "is spread over several disks");
    const std::uint64_t at = locator.number(8);
    if (at > locatorAt || locatorAt - at < kWideEndBytes)
        refuse(path, "names a place for its directory that is not in it");
    const auto bytes = piece(file, at, kWideEndBytes);
    Cursor wide(path, bytes);
    if (wide.text(4) != std::string("PK\x06\x06", 4))
        refuse(path, "names a place for its directory where there is none");
    wide.take(8 + 2 + 2 + 4 + 4 + 8); // its own size, versions, disks, entries on this disk
    directory.entries = wide.number(8);
    directory.bytes = wide.number(8);
    directory.begin = wide.number(8);
    directory.end = at;
}

Directory readEnd(const FileBytes& file) {
    const std::string& path = file.path();
    if (file.size() < kEndBytes)
        refuse(path, "is too short for a zip archive");
    Directory directory;
    directory.end = placeOfEnd(file);
    const auto bytes = piece(file, directory.end, kEndBytes);
    Cursor end(path, bytes);
    end.take(4);
    const std::uint64_t disk = end.number(2);
    end.take(4); // the directory's disk, entries on this disk
    directory.entries = end.number(2);
    directory.bytes = end.number(4);
    directory.begin = end.number(4);
    const std::uint64_t locatorAt = directory.end - std::min(directory.end, kLocatorBytes);
    const auto mark = piece(file, locatorAt, 4);
    if (std::memcmp(mark.data(), "PK\x06\x07", 4) == 0)
        readWideEnd(file, locatorAt, directory);
    else if (disk != 0)
        refuse(path, "is spread over several disks");
    if (directory.entries > kMostEntries || directory.bytes > kLargestDirectory)
        refuse(path, "has a directory of more files than a checkpoint holds");
    if (directory.begin > directory.end || directory.bytes > directory.end - directory.begin)
        refuse(path, "names a place for its directory that is not in it");
    return directory;
}

// Sizes and places above 4 GiB stand in an extra field, each only where its narrow number is full.
void readWideSizes(Cursor extra, ZipEntry& entry, std::uint64_t& stored, std::uint64_t& local) {
    while (extra.left() >= 4) {
        const std::uint64_t kind = extra.number(2);
        const std::uint64_t length = extra.number(2);
        if (kind != 1) {
            extra.take(length);
            continue;
        }
        for (std::uint64_t* wide : {&entry.bytes, &stored, &local})
            if (*wide == 0xFFFFFFFFU)
                *wide = extra.number(8);
        return;
    }
}

// Leaves the place of the entry's own header in `begin`.
ZipEntry readEntry(const std::string& path, Cursor& directory) {
    if (directory.left() < kEntryBytes || directory.text(4) != std::string("PK\x01\x02", 4))
        refuse(path, "has a directory whose entries break off");
    directory.take(4); // versions
    const std::uint64_t flags = directory.number(2);
    const std::uint64_t method = directory.number(2);
    directory.take(4); // time and date
    ZipEntry entry;
    entry.checksum = static_cast<std::uint32_t>(directory.number(4));
    std::uint64_t stored = directory.number(4);
    entry.bytes = directory.number(4);
    const std::uint64_t name = directory.number(2), extra = directory.number(2), comment = directory.number(2);
    const std::uint64_t disk = directory.number(2);
    directory.take(2 + 4); // attributes
    std::uint64_t local = directory.number(4);
    if (name > kLongestName)
        refuse(path, "holds a file whose name is longer than 4096 bytes");
    entry.name = directory.text(name);
    readWideSizes(Cursor(path, directory.take(extra)), entry, stored, local);
    directory.take(comment);
    if (method != 0 || stored != entry.bytes)
        refuse(path, "holds the file “" + entry.name + "” compressed; PyTorch stores what it writes as it is");
    if ((flags & 1U) != 0 || disk != 0)
        refuse(path, "holds the file “" + entry.name + "” encrypted or on another disk");
    entry.begin = local;
    return entry;
}

// From the place of the entry's header to the place of its content; `end` is where the directory begins.
void findContent(const FileBytes& file, std::uint64_t end, ZipEntry& entry) {
    const std::string what = "names a place for the file “" + entry.name + "” ";
    if (entry.begin > end || end - entry.begin < kLocalBytes)
        refuse(file.path(), what + "that is not in it");
    const auto bytes = piece(file, entry.begin, kLocalBytes);
    Cursor local(file.path(), bytes);
    if (local.text(4) != std::string("PK\x03\x04", 4))
        refuse(file.path(), what + "where no file begins");
    local.take(4); // version, flags
    const std::uint64_t method = local.number(2);
    local.take(4 + 4 + 4 + 4); // time, checksum and sizes: the directory has them, and here they may be left out
    const std::uint64_t name = local.number(2), extra = local.number(2);
    const std::uint64_t headers = kLocalBytes + name + extra;
    if (end - entry.begin < headers || end - entry.begin - headers < entry.bytes)
        refuse(file.path(), what + "that it does not fit into");
    const auto own = piece(file, entry.begin + kLocalBytes, name);
    if (method != 0 || std::string(reinterpret_cast<const char*>(own.data()), own.size()) != entry.name)
        refuse(file.path(), what + "where another file begins");
    entry.begin += headers;
}

} // namespace

ZipArchive::ZipArchive(const std::string& path) : m_file(path) {
    const Directory directory = readEnd(m_file);
    const std::vector<std::byte> bytes = piece(m_file, directory.begin, directory.bytes);
    Cursor cursor(path, bytes);
    std::set<std::string> names;
    std::vector<std::pair<std::uint64_t, ZipEntry>> byPlace; // of the header
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        ZipEntry entry = readEntry(path, cursor);
        if (!names.insert(entry.name).second)
            refuse(path, "holds two files called “" + entry.name + "”");
        const std::uint64_t header = entry.begin;
        findContent(m_file, directory.begin, entry);
        byPlace.emplace_back(header, std::move(entry));
    }
    std::sort(byPlace.begin(), byPlace.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::uint64_t free = 0;
    for (auto& [header, entry] : byPlace) {
        if (header < free)
            refuse(path, "holds the file “" + entry.name + "” inside of another one");
        free = entry.begin + entry.bytes;
        m_byName[entry.name] = m_entries.size();
        m_entries.push_back(std::move(entry));
    }
}

const ZipEntry* ZipArchive::find(const std::string& name) const {
    const auto found = m_byName.find(name);
    return found == m_byName.end() ? nullptr : &m_entries[found->second];
}

std::vector<std::byte> ZipArchive::read(const ZipEntry& entry) const {
    std::vector<std::byte> bytes = piece(m_file, entry.begin, entry.bytes);
    if (crc32(bytes) != entry.checksum)
        refuse(path(), "holds the file “" + entry.name + "” damaged: its checksum is another one");
    return bytes;
}

} // namespace lolcats
