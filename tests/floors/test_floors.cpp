// SPDX-License-Identifier: GPL-3.0-or-later
// Holds the drawing of ARCHITECTURE.md: walks every include line of the tree, ours and foreign, against one table.
#include "tests/support/sentences.h"

#include <QTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace fs = std::filesystem;

namespace {

struct Room {
    std::string folder;               // the longest folder that fits a file is its room
    std::vector<std::string> ours;    // rooms, or single headers, that it may include besides itself
    std::vector<std::string> foreign; // beginnings of angle-bracket includes, besides the standard library and POSIX
};

const std::vector<std::string> kTorch = {"torch/", "ATen/", "c10/"};
const std::vector<std::string> kQt = {"Q"};

std::vector<std::string> both(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const std::vector<Room>& rooms() {
    static const std::vector<std::string> formats = {"core/records/", "core/files/", "core/text/", "core/families/"};
    static const std::vector<std::string> model = both(formats, {"core/attention/", "core/model/"});
    static const std::vector<std::string> analysis = both(model, {"core/training/", "core/analysis/"});
    static const std::vector<std::string> json = {"nlohmann/"};
    static const std::vector<Room> table = {
        {"kernels/", {}, {}},
        {"core/records/", {}, json},
        {"core/runs/", {"core/records/"}, {"nlohmann/", "sqlite3.h", "openssl/"}},
        {"core/files/", {"core/records/"}, {"nlohmann/", "openssl/"}},
        {"core/text/", {"core/records/", "core/files/"}, {"nlohmann/", "pcre2.h", "utf8proc.h"}},
        {"core/families/", {"core/records/", "core/files/", "core/text/"}, json},
        {"core/attention/", {"core/records/", "kernels/"}, kTorch},
        {"core/model/", both(formats, {"core/attention/"}), kTorch},
        {"core/training/", model, both(kTorch, json)},
        {"core/analysis/", both(model, {"core/training/"}), kTorch},
        {"core/export/", both(analysis, {"core/engine.h"}), both(kTorch, json)},
        {"core/import/", both(analysis, {"core/export/", "core/engine.h"}), both(kTorch, json)},
        {"core/jobs/", both(analysis, {"core/export/", "core/engine.h"}), both(kTorch, json)},
        {"core/engine.h", {"core/records/"}, {}},
        {"core/engine.cpp", both(analysis, {"core/export/", "core/import/", "core/jobs/", "core/engine.h"}), kTorch},
        {"core/engine_door", {"core/records/", "core/engine.h"}, {}},
        {"ui/", {"core/records/"}, both(kQt, {"qcustomplot.h"})},
        {"cli/", {"core/records/", "core/runs/", "core/engine.h", "core/engine_door.h"}, {"CLI/", "nlohmann/", "spdlog/"}},
        {"app/", {"core/records/", "core/runs/", "core/engine.h", "core/engine_door.h", "ui/"}, both(kQt, {"spdlog/"})},
    };
    return table;
}

// Headers of the system that any room may use.
bool isOfTheSystem(const std::string& header) {
    static const std::regex standard("[a-z_0-9]+"); // <vector>: no dot, no folder
    static const std::vector<std::string> posix = {"unistd.h", "fcntl.h", "dlfcn.h", "csignal", "signal.h", "sys/"};
    return std::regex_match(header, standard) ||
           std::any_of(posix.begin(), posix.end(), [&](const auto& start) { return header.starts_with(start); });
}

const Room* roomOf(const std::string& file) {
    const Room* best = nullptr;
    for (const Room& room : rooms())
        if (file.starts_with(room.folder) && (best == nullptr || room.folder.size() > best->folder.size()))
            best = &room;
    return best;
}

bool startsWithAny(const std::string& text, const std::vector<std::string>& starts) {
    return std::any_of(starts.begin(), starts.end(), [&](const auto& start) { return text.starts_with(start); });
}

// What is wrong with an include line of a file; empty: nothing.
std::string complaint(const std::string& file, const std::string& line) {
    static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
    std::smatch found;
    if (!std::regex_search(line, found, include))
        return {};
    const Room* room = roomOf(file);
    if (room == nullptr)
        return file + " lies in no room of the table";
    const std::string header = found[2];
    const bool own = found[1] == "\"";
    const bool allowed = own ? header.starts_with(room->folder) || startsWithAny(header, room->ours) || header.ends_with(".moc")
                             : isOfTheSystem(header) || startsWithAny(header, room->foreign);
    return allowed ? std::string() : file + " may not include " + header;
}

} // namespace

class FloorsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void everyIncludeStaysOnItsFloor() {
        const fs::path top = LOLCATS_SOURCE_DIR;
        QStringList complaints;
        int files = 0;
        for (const char* folder : {"kernels", "core", "cli", "app", "ui"})
            for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
                const std::string extension = entry.path().extension().string();
                if (extension != ".h" && extension != ".cpp" && extension != ".cu")
                    continue;
                ++files;
                const std::string file = fs::relative(entry.path(), top).generic_string();
                std::ifstream lines(entry.path());
                std::string line;
                while (std::getline(lines, line))
                    if (const std::string wrong = complaint(file, line); !wrong.empty())
                        complaints << QString::fromStdString(wrong);
            }
        QVERIFY(files > 100);
        QVERIFY2(complaints.isEmpty(), qPrintable(complaints.join("\n")));
    }

    void aWrongIncludeIsFound_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("line");
        QTest::newRow("torch in the window") << "ui/theme.h"
                                             << "#include <torch/types.h>";
        QTest::newRow("the store in the window") << "ui/pages/runs_page.h"
                                                 << "#include \"core/runs/run_store.h\"";
        QTest::newRow("Qt in the engine") << "core/model/lora.cpp"
                                          << "#include <QString>";
        QTest::newRow("SQLite in the engine") << "core/jobs/export_job.cpp"
                                              << "#include <sqlite3.h>";
        QTest::newRow("torch where strangers' bytes are read") << "core/files/gguf_file.cpp"
                                                               << "#include <ATen/ATen.h>";
        QTest::newRow("upwards inside the engine") << "core/attention/attention.cpp"
                                                   << "#include \"core/model/lora.h\"";
        QTest::newRow("anything of ours in kernels") << "kernels/reference.cpp"
                                                     << "#include \"core/records/failure.h\"";
        QTest::newRow("an engine room from the app") << "app/workbench.cpp"
                                                     << "#include \"core/jobs/job_support.h\"";
        QTest::newRow("the window from the command line") << "cli/main.cpp"
                                                          << "#include \"ui/theme.h\"";
        QTest::newRow("a room nobody drew") << "core/utils/helpers.h"
                                            << "#include <vector>";
    }
    void aWrongIncludeIsFound() {
        QFETCH(QString, file);
        QFETCH(QString, line);
        QVERIFY(!complaint(file.toStdString(), line.toStdString()).empty());
    }

    void onlyTheThemeNamesColours() {
        const fs::path top = LOLCATS_SOURCE_DIR;
        const std::regex colour(R"((#[0-9a-fA-F]{6}\b)|(Qt::(red|green|blue|black|white|gray|darkGray|lightGray)\b))");
        QStringList complaints;
        for (const auto& entry : fs::recursive_directory_iterator(top / "ui")) {
            const std::string name = entry.path().filename().string();
            if (!entry.is_regular_file() || name.starts_with("theme"))
                continue;
            std::ifstream stream(entry.path());
            std::stringstream text;
            text << stream.rdbuf();
            if (std::regex_search(text.str(), colour))
                complaints << QString::fromStdString(name);
        }
        QVERIFY2(complaints.isEmpty(), qPrintable(complaints.join(", ") + " names a colour"));
    }
};

QTEST_GUILESS_MAIN(FloorsTest)
#include "test_floors.moc"
