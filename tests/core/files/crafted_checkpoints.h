// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Zip archives and pickles made by hand, to be refused or read.

#include "core/files/crc32.h"
#include "tests/core/files/crafted_files.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace lolcats::testing {

// A zip archive of stored files. Every part can be made wrong.
struct ZipCraft {
    struct Entry {
        std::string name;
        std::string content;
        std::uint16_t method = 0;
        std::uint16_t flags = 0;
        std::int64_t place = -1; // of its header as the directory says it; −1: where it is
        std::int64_t bytes = -1; // as the directory says it; −1: as many as there are
        std::string localName{}; // in its own header; empty: the same
        bool wide = false;       // sizes and place stand in the extra field
    };
    std::vector<Entry> entries;
    bool wideEnd = false;
    std::int64_t directoryAt = -1;
    std::uint64_t count = 0; // of entries as the end says it; 0: as many as there are

    template <typename Number> static std::string raw(Number value) { return rawBytes(value); }
    static std::uint32_t checksum(const std::string& content) { return crc32(std::as_bytes(std::span(content))); }

    std::string bytes() const {
        std::string file, directory;
        for (const Entry& entry : entries) {
            const auto place =
                static_cast<std::uint64_t>(entry.place < 0 ? static_cast<std::int64_t>(file.size()) : entry.place);
            const auto size =
                static_cast<std::uint64_t>(entry.bytes < 0 ? static_cast<std::int64_t>(entry.content.size()) : entry.bytes);
            const std::string& own = entry.localName.empty() ? entry.name : entry.localName;
            file += "PK\x03\x04" + std::string(2, '\0') + raw(entry.flags) + raw(entry.method) + std::string(4, '\0') +
                    std::string(12, '\0') + raw(static_cast<std::uint16_t>(own.size())) + std::string(2, '\0') + own +
                    entry.content;
            const std::string extra =
                entry.wide ? raw(std::uint16_t{1}) + raw(std::uint16_t{24}) + raw(size) + raw(size) + raw(place) : "";
            const auto narrow = [&](std::uint64_t value) {
                return raw(entry.wide ? 0xFFFFFFFFU : static_cast<std::uint32_t>(value));
            };
            directory += "PK\x01\x02" + std::string(4, '\0') + raw(entry.flags) + raw(entry.method) + std::string(4, '\0') +
                         raw(checksum(entry.content)) + narrow(size) + narrow(size) +
                         raw(static_cast<std::uint16_t>(entry.name.size())) + raw(static_cast<std::uint16_t>(extra.size())) +
                         std::string(2 + 2 + 2 + 4, '\0') + narrow(place) + entry.name + extra;
        }
        const std::uint64_t all = count == 0 ? entries.size() : count;
        const auto begin = static_cast<std::uint64_t>(directoryAt < 0 ? static_cast<std::int64_t>(file.size()) : directoryAt);
        const std::uint64_t size = directory.size(), wideAt = file.size() + size;
        file += directory;
        if (wideEnd)
            file += "PK\x06\x06" + raw(std::uint64_t{44}) + std::string(4 + 4 + 4, '\0') + raw(all) + raw(all) + raw(size) +
                    raw(begin) + "PK\x06\x07" + raw(std::uint32_t{0}) + raw(wideAt) + raw(std::uint32_t{1});
        file += "PK\x05\x06" + std::string(4, '\0') + raw(wideEnd ? std::uint16_t{0xFFFF} : static_cast<std::uint16_t>(all)) +
                raw(wideEnd ? std::uint16_t{0xFFFF} : static_cast<std::uint16_t>(all)) +
                raw(wideEnd ? 0xFFFFFFFFU : static_cast<std::uint32_t>(size)) +
                raw(wideEnd ? 0xFFFFFFFFU : static_cast<std::uint32_t>(begin)) + std::string(2, '\0');
        return file;
    }
};

// Words of pickles.
namespace pickle {

inline std::string text(const std::string& words) {
    return "X" + rawBytes(static_cast<std::uint32_t>(words.size())) + words;
}
inline std::string number(std::int32_t value) {
    return "J" + rawBytes(value);
}
inline std::string name(const std::string& module, const std::string& word) {
    return "c" + module + "\n" + word + "\n";
}
inline std::string tuple(const std::vector<std::int32_t>& values) {
    std::string all = "(";
    for (const std::int32_t value : values)
        all += number(value);
    return all + "t";
}
inline std::string hooks() {
    return name("collections", "OrderedDict") + ")R";
}
inline std::string storage(const std::string& word, std::int32_t elements, const std::string& key = "0") {
    return "(" + text("storage") + name("torch", word) + text(key) + text("cpu") + number(elements) + "tQ";
}
inline std::string tensor(std::int32_t elements, std::int32_t first, const std::vector<std::int32_t>& sizes,
                          const std::vector<std::int32_t>& strides, const std::string& word = "FloatStorage") {
    return name("torch._utils", "_rebuild_tensor_v2") + "(" + storage(word, elements) + number(first) + tuple(sizes) +
           tuple(strides) + "\x89" + hooks() + "tR";
}
// {key: value}
inline std::string dictionary(const std::string& key, const std::string& value) {
    return "}" + text(key) + value + "s";
}
inline std::string whole(const std::string& body) {
    return "\x80\x02" + body + ".";
}

} // namespace pickle

// A checkpoint of one pickle and the bytes of its storages.
inline std::string craftedCheckpoint(const std::string& pickled, const std::map<std::string, std::string>& storages) {
    ZipCraft zip;
    zip.entries.push_back({"a/data.pkl", pickled});
    for (const auto& [key, content] : storages)
        zip.entries.push_back({"a/data/" + key, content});
    return zip.bytes();
}

} // namespace lolcats::testing
