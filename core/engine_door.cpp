// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine_door.h"

#include "core/records/failure.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace lolcats {

namespace {

std::string libraryPath() {
    const char* named = std::getenv("LOLCATS_ENGINE");
    if (named != nullptr && *named != '\0')
        return named;
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    return (program.parent_path().parent_path() / "lib" / "lolcats" / "liblolcats_engine.so").string();
}

[[noreturn]] void refuse(const std::string& path) {
    const char* reason = dlerror();
    throw Refusal("INT-ENGINE",
                  "The engine " + path + " could not be loaded: " + (reason == nullptr ? "no reason given" : reason) + ".",
                  "Build or install the program again, or name the engine's library in LOLCATS_ENGINE.");
}

} // namespace

std::unique_ptr<Engine> openEngine() {
    setenv("OMP_WAIT_POLICY", "passive", 0);
    const std::string path = libraryPath();
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        refuse(path);
    using Open = Engine* (*)();
    const auto open = reinterpret_cast<Open>(dlsym(library, "lolcats_open_engine"));
    if (open == nullptr)
        refuse(path);
    return std::unique_ptr<Engine>(open());
}

} // namespace lolcats
