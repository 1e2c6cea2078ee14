// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/json_records.h"

#include "core/records/failure.h"
#include "core/text/wording.h"

#include <algorithm>

namespace lolcats {

namespace {

using RecordSink = std::function<bool(const Json&, std::int64_t, double)>;

class RecordWalk {
public:
    RecordWalk(std::string_view text, std::string path, const RecordSink& record)
        : m_text(text), m_path(std::move(path)), m_record(record) {}

    void array() {
        skipSpace();
        m_at += 1; // the bracket
        skipSpace();
        if (m_at < m_text.size() && m_text[m_at] == ']') {
            m_at += 1;
            return end();
        }
        while (true) {
            skipSpace();
            const std::size_t begin = m_at;
            const std::int64_t line = m_line;
            skipValue();
            if (m_at == m_text.size())
                refuse("the list is not closed");
            if (!give(m_text.substr(begin, m_at - begin), line))
                return;
            if (m_text[m_at++] == ']')
                return end();
        }
    }

    void lines() {
        while (m_at < m_text.size()) {
            const std::size_t end = std::min(m_text.find('\n', m_at), m_text.size());
            const std::string_view line = m_text.substr(m_at, end - m_at);
            if (line.find_first_not_of(" \t\r") != std::string_view::npos && !give(line, m_line))
                return;
            m_at = std::min(end + 1, m_text.size());
            ++m_line;
        }
    }

private:
    bool give(std::string_view value, std::int64_t line) {
        const Json json = parseStrictJson(value, m_path + " line " + grouped(line), "DATA");
        return m_record(json, line, static_cast<double>(m_at) / static_cast<double>(m_text.size()));
    }

    [[noreturn]] void refuse(const std::string& what) const {
        throw Refusal("DATA-JSON", m_path + " line " + grouped(m_line) + ": " + what + ".", "Repair the file at that place.");
    }

    void skipSpace() {
        while (m_at < m_text.size() &&
               (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\r' || m_text[m_at] == '\n'))
            step();
    }

    void step() { m_line += m_text[m_at++] == '\n' ? 1 : 0; }

    // To the comma or bracket behind a value; whether the value itself is JSON is for the parser to say.
    void skipValue() {
        int depth = 0;
        bool inString = false;
        for (; m_at < m_text.size(); step()) {
            const char character = m_text[m_at];
            if (inString) {
                if (character == '\\' && m_at + 1 < m_text.size())
                    step();
                else if (character == '"')
                    inString = false;
            } else if (character == '"') {
                inString = true;
            } else if (character == '{' || character == '[') {
                ++depth;
            } else if (depth == 0 && (character == ',' || character == ']')) {
                return;
            } else if (character == '}' || character == ']') {
                --depth;
            }
        }
    }

    void end() {
        skipSpace();
        if (m_at < m_text.size())
            refuse("something follows the end of the list");
    }

    std::string_view m_text;
    std::string m_path;
    const RecordSink& m_record;
    std::size_t m_at = 0;
    std::int64_t m_line = 1;
};

} // namespace

void eachJsonRecord(std::string_view text, const std::string& path,
                    const std::function<bool(const Json&, std::int64_t, double)>& record) {
    RecordWalk walk(text, path, record);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] == '[')
        walk.array();
    else
        walk.lines();
}

} // namespace lolcats
