// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/foreign_kinds.h"

#include "core/records/failure.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lolcats {

namespace {

std::string beginning(const FileBytes& file) {
    std::string text(std::min<std::uint64_t>(file.size(), 256), '\0');
    file.read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

bool isPickle(const std::string& text) {
    return text.size() >= 3 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5 &&
           (text[2] == '\x95' || text[2] == '}' || text[2] == ']' || text[2] == 'c' || text[2] == '(' || text[2] == 'X' ||
            text[2] == '\x8A' || text[2] == '\x8C');
}

bool isWebPage(std::string text) {
    text.erase(0, text.find_first_not_of(" \t\r\n"));
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.starts_with("<!doctype html") || text.starts_with("<html") || text.starts_with("<head") ||
           text.starts_with("<?xml");
}

} // namespace

bool isGguf(const FileBytes& file) {
    return file.size() >= 4 && beginning(file).starts_with("GGUF");
}

void refuseForeignKinds(const FileBytes& file, bool ggufIsFine) {
    const std::string text = beginning(file);
    const std::string& path = file.path();
    static const std::string pickleRemedy =
        "Convert it to safetensors where you trust it, or get the model's safetensors version, and open that.";
    if (text.starts_with("version https://git-lfs"))
        throw Refusal("ST-LFS", path + " is only a Git-LFS pointer: the weights themselves were not downloaded.",
                      "Run \"git lfs pull\" in the model's folder, then open it again.");
    if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06"))
        throw Refusal("SEC-PICKLE",
                      path +
                          " is a zip archive, as PyTorch saves its checkpoints: opening one can run code that is hidden in it.",
                      pickleRemedy);
    if (isPickle(text))
        throw Refusal("SEC-PICKLE", path + " is a Python pickle: opening one can run code that is hidden in it.", pickleRemedy);
    if (isWebPage(text))
        throw Refusal("ST-KIND", path + " is a web page that was saved under a model's name.",
                      "Download the file itself, not the page that shows it.");
    if (!ggufIsFine && text.starts_with("GGUF"))
        throw Refusal("ST-KIND", path + " is a GGUF file under another name.", "Open the file itself; it needs no folder.");
}

bool looksLikePickleName(const std::string& fileName) {
    static const std::array<const char*, 7> endings = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack"};
    return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return fileName.ends_with(ending); });
}

} // namespace lolcats
