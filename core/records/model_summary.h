// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a model holds, from its headers alone; and what a plan will cost, from sizes alone.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct ModelSummary {
    std::string path;
    std::string format; // "gguf", "huggingface"
    std::string name;
    std::string family;
    std::string architecture; // the file's own word
    std::int64_t layers = 0, hidden = 0, intermediate = 0, heads = 0, kvHeads = 0, headDim = 0, vocabulary = 0, context = 0;
    double ropeTheta = 0;
    std::string ropeScaling; // "none", "llama3", …
    bool tied = false;
    std::int64_t parameters = 0;
    std::int64_t storedBytes = 0;
    std::int64_t tensors = 0;
    std::map<std::string, std::int64_t> types; // stored type to number of tensors
    std::string tokenizer;                     // kind, or the sentence why it cannot be used
    bool tokenizerUsable = false;
    std::string chat;         // the chat template's name, "none", or "unknown (shown, not run)"
    std::string chatTemplate; // its text, a stranger's program
    bool convertible = false;
    std::string verdict; // "30 of 30 layers can be converted", or why not
    std::vector<std::string> notices;
};

// Bytes and seconds that a plan is expected to take.
struct Forecast {
    std::int64_t weightBytes = 0;
    std::int64_t transferBytes = 0; // peak of the process in each stage, weights included
    std::int64_t finetuneBytes = 0;
    std::int64_t runFileBytes = 0;
    std::int64_t availableBytes = 0; // memory free on this machine
    std::int64_t trained = 0;        // parameters of the students, adapters not counted
    double secondsTransfer = 0, secondsFinetune = 0, secondsMeasure = 0;
    std::string basis; // one sentence: how it was reckoned
};

// The first rows as the model will see them.
struct DataPreview {
    std::string description; // "4 files, 720,112 tokens"
    std::int64_t documents = 0, tokens = 0, trainRows = 0, heldoutRows = 0, length = 0;
    std::vector<std::string> words;   // of the first row
    std::vector<bool> learned;        // false: masked out of the loss
    std::vector<std::string> notices; // tokens cut, special words found in the text
};

// What an export will write, before it is written.
struct ExportForecast {
    struct File {
        std::string name;
        std::int64_t bytes = 0;
        std::string sentence;
    };
    std::vector<File> files;
    std::int64_t bytes = 0;
};

} // namespace lolcats
