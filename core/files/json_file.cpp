// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/json_file.h"

#include "core/files/file_bytes.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lolcats {

namespace {

constexpr std::size_t deepest = 64;

std::string placeOf(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return "line " + std::to_string(line) + ", byte " + std::to_string(before.size() - start + 1);
}

// Builds the tree, and refuses what the library itself lets through: the same key twice, and endless nesting.
class TreeBuilder : public nlohmann::json_sax<Json> {
public:
    TreeBuilder(std::string_view text, const std::string& where, const std::string& code)
        : m_text(text), m_where(where), m_code(code) {}

    Json take() { return std::move(m_root); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(std::int64_t value) override { return put(value); }
    bool number_unsigned(std::uint64_t value) override { return put(value); }
    bool number_float(double value, const std::string&) override { return put(value); }
    bool string(std::string& value) override { return put(std::move(value)); }
    bool binary(Json::binary_t&) override { return false; }

    bool start_object(std::size_t) override {
        open(Json::object());
        return true;
    }
    bool start_array(std::size_t) override {
        open(Json::array());
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(std::string& name) override {
        Level& level = m_levels.back();
        if (!level.seen.insert(name).second)
            throw Refusal(m_code + "-DUP", m_where + " holds the key \"" + name.substr(0, 200) + "\" twice in one object.",
                          "Get the file from its source again: two readers would see two different files in it.");
        level.key = name;
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
        throw Refusal(m_code + "-JSON", m_where + " is not valid JSON (" + placeOf(m_text, byte == 0 ? 0 : byte - 1) + ").",
                      "Get the file from its source again, or correct it at that place.", error.what());
    }

private:
    struct Level {
        Json* value;
        std::string key;
        std::unordered_set<std::string> seen;
    };

    template <typename Value> bool put(Value&& value) {
        place(Json(std::forward<Value>(value)));
        return true;
    }

    Json* place(Json value) {
        if (m_levels.empty()) {
            m_root = std::move(value);
            return &m_root;
        }
        Level& level = m_levels.back();
        if (level.value->is_array()) {
            auto& items = level.value->get_ref<Json::array_t&>();
            return &items.emplace_back(std::move(value));
        }
        // The map's own emplace looks for the key from the start, which a vocabulary of 100,000 words would feel.
        Json::object_t::Container& members = level.value->get_ref<Json::object_t&>();
        return &members.emplace_back(std::move(level.key), std::move(value)).second;
    }

    void open(Json value) {
        if (m_levels.size() == deepest)
            throw Refusal(m_code + "-DEPTH", m_where + " is nested more than " + std::to_string(deepest) + " levels deep.",
                          "Get the file from its source again.");
        Json* placed = place(std::move(value));
        m_levels.push_back({placed, {}, {}});
    }

    bool close() {
        m_levels.pop_back();
        return true;
    }

    std::string_view m_text;
    const std::string& m_where;
    const std::string& m_code;
    Json m_root;
    std::vector<Level> m_levels;
};

} // namespace

Json parseStrictJson(std::string_view text, const std::string& where, const std::string& code) {
    const auto refuse = [&](std::size_t byte, const char* what) {
        throw Refusal(code + "-JSON", where + " is not valid JSON: " + what + " (" + placeOf(text, byte) + ").",
                      "Get the file from its source again.");
    };
    const std::size_t invalid = firstInvalidUtf8(text);
    if (invalid != text.size())
        refuse(invalid, "a byte that is not UTF-8");
    if (text.starts_with("\xEF\xBB\xBF"))
        refuse(0, "a byte-order mark");
    // The library takes a NUL for the end of the text.
    if (text.find('\0') != std::string_view::npos)
        refuse(text.find('\0'), "a NUL byte");
    TreeBuilder builder(text, where, code);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

Json readJsonFile(const std::string& path, std::uint64_t maximumBytes, const std::string& code) {
    return parseStrictJson(readTextFile(path, maximumBytes, code), path, code);
}

} // namespace lolcats
