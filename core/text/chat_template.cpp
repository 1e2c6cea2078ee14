// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/chat_template.h"

#include "core/files/file_bytes.h"
#include "core/files/json_file.h"
#include "core/records/failure.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace lolcats {

namespace {

using Messages = std::vector<ChatMessage>;

// As Python's strip() without arguments.
std::string trimmed(std::string_view text) {
    const auto isSpace = [](char32_t point) { return isWhiteSpace(point) || (point >= 0x1C && point <= 0x1F); };
    std::size_t begin = 0, end = text.size();
    for (std::size_t next = begin; begin < end && isSpace(nextCodePoint(text, next)); begin = next)
        ;
    for (std::size_t before = end; end > begin && isSpace(previousCodePoint(text, before)); end = before)
        ;
    return std::string(text.substr(begin, end - begin));
}

std::string withoutLines(std::string_view text, bool atStart, bool atEnd) {
    while (atStart && text.starts_with('\n'))
        text.remove_prefix(1);
    while (atEnd && text.ends_with('\n'))
        text.remove_suffix(1);
    return std::string(text);
}

std::string turn(const std::string& role, const std::string& content) {
    return "<|im_start|>" + role + "\n" + content + "<|im_end|>\n";
}

std::string smolLm2(const Messages& messages, bool addGenerationPrompt) {
    std::string text;
    if (!messages.empty() && messages.front().role != "system")
        text = turn("system", "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
    for (const ChatMessage& message : messages)
        text += turn(message.role, message.content);
    return text + (addGenerationPrompt ? "<|im_start|>assistant\n" : "");
}

std::string qwen25(const Messages& messages, bool addGenerationPrompt) {
    std::string text;
    if (messages.empty() || messages.front().role != "system")
        text = turn("system", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
    for (const ChatMessage& message : messages)
        text += turn(message.role, message.content);
    return text + (addGenerationPrompt ? "<|im_start|>assistant\n" : "");
}

std::string llamaHeader(const std::string& role) {
    return "<|start_header_id|>" + role + "<|end_header_id|>\n\n";
}

std::string llamaTurns(std::span<const ChatMessage> messages) {
    std::string text;
    for (const ChatMessage& message : messages)
        text += llamaHeader(message.role) + trimmed(message.content) + "<|eot_id|>";
    return text;
}

std::string llama3(const Messages& messages, bool addGenerationPrompt) {
    return (messages.empty() ? "" : "<|begin_of_text|>" + llamaTurns(messages)) +
           (addGenerationPrompt ? llamaHeader("assistant") : "");
}

std::string llama3First(const Messages& messages, bool /*addGenerationPrompt*/) { // it always asks for an answer
    return llama3(messages, true);
}

// With a system message always. The date is the one that the template itself takes where nobody tells it the day, so that the
// same chat gives the same text tomorrow.
std::string llama32(const Messages& messages, bool addGenerationPrompt) {
    const bool hasSystem = !messages.empty() && messages.front().role == "system";
    const std::string system = hasSystem ? trimmed(messages.front().content) : std::string();
    return "<|begin_of_text|>" + llamaHeader("system") + "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n" +
           system + "<|eot_id|>" + llamaTurns(std::span(messages).subspan(hasSystem ? 1 : 0)) +
           (addGenerationPrompt ? llamaHeader("assistant") : "");
}

// The system message stands before the last question.
std::string mistral(const Messages& messages, bool /*addGenerationPrompt*/) {
    const bool hasSystem = !messages.empty() && messages.front().role == "system";
    const std::span turns = std::span(messages).subspan(hasSystem ? 1 : 0);
    std::string text = "<s>";
    for (std::size_t index = 0; index < turns.size(); ++index) {
        if (turns[index].role != (index % 2 == 0 ? "user" : "assistant"))
            throw Refusal("CHAT-ROLE", "A chat with this model goes from user to assistant and back, in turns.",
                          "Begin with the user, or with one system message before it.");
        if (turns[index].role == "assistant")
            text += turns[index].content + "</s>";
        else if (hasSystem && index + 1 == turns.size())
            text += "[INST]" + messages.front().content + "\n\n" + turns[index].content + "[/INST]";
        else
            text += "[INST]" + turns[index].content + "[/INST]";
    }
    return text;
}

// The thoughts of an answer lie between marks. They are kept only in answers to the last question.
std::string qwen3Answer(const std::string& content, bool afterLastQuestion, bool last) {
    const std::string open = "<think>", close = "</think>";
    std::string answer = content, thoughts;
    if (content.find(close) != std::string::npos) {
        answer = withoutLines(content.substr(content.rfind(close) + close.size()), true, false);
        thoughts = withoutLines(content.substr(0, content.find(close)), false, true);
        const std::size_t opened = thoughts.rfind(open);
        thoughts = withoutLines(opened == std::string::npos ? thoughts : thoughts.substr(opened + open.size()), true, false);
    }
    if (!afterLastQuestion || (!last && thoughts.empty()))
        return answer;
    return open + "\n" + withoutLines(thoughts, true, true) + "\n" + close + "\n\n" + withoutLines(answer, true, false);
}

std::string qwen3(const Messages& messages, bool addGenerationPrompt) {
    std::size_t lastQuestion = messages.empty() ? 0 : messages.size() - 1;
    for (std::size_t index = messages.size(); index-- > 0;) {
        const std::string& content = messages[index].content;
        const bool fromTool = content.starts_with("<tool_response>") && content.ends_with("</tool_response>");
        if (messages[index].role == "user" && !fromTool) {
            lastQuestion = index;
            break;
        }
    }
    std::string text;
    for (std::size_t index = 0; index < messages.size(); ++index) {
        const ChatMessage& message = messages[index];
        const bool last = index + 1 == messages.size();
        text += turn(message.role,
                     message.role == "assistant" ? qwen3Answer(message.content, index > lastQuestion, last) : message.content);
    }
    return text + (addGenerationPrompt ? "<|im_start|>assistant\n" : "");
}

std::string hashOf(std::string_view text) {
    if (text.ends_with('\n')) // a file's last line feed is not part of a template
        text.remove_suffix(1);
    return sha256OfBytes(std::as_bytes(std::span(text)));
}

} // namespace

const std::vector<ChatFormat>& chatFormats() {
    static const std::vector<ChatFormat> formats = {
        {{"smollm2", "SmolLM2", "Turns between im_start and im_end, with a system message of its own.", {}},
         {"872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788"},
         "<|im_end|>",
         &smolLm2},
        {{"llama3", "Llama 3", "Turns with a header that names the role.", {}},
         {"ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122"},
         "<|eot_id|>",
         &llama3},
        {{"llama3-first",
          "Llama 3, first version",
          "Turns with a header that names the role; an answer is always asked for.",
          {}},
         {"b48c47f6443892716176eb200bf4ef108f64e06ca26ed0fa8ebc0a4b3992fcb2"},
         "<|eot_id|>",
         &llama3First},
        {{"llama3.2",
          "Llama 3.2",
          "Turns as in Llama 3, behind a system message with the dates that the model was taught.",
          {}},
         {"d82792f95932f1c9cef5c4bd992f171225e3bf8c7b609b4557c9e1ec96be819f"},
         "<|eot_id|>",
         &llama32},
        {{"qwen2.5", "Qwen2.5", "Turns between im_start and im_end, with a system message of its own.", {}},
         {"55b2f4a26ac9ee719330a61a0c39d9e538b0e9322212f048326318cff4f8674a"},
         "<|im_end|>",
         &qwen25},
        {{"mistral", "Mistral", "Questions between INST marks; the system message stands before the last one.", {}},
         {"c7a94f505398612940c13ee95070d0d152bcb7b4afbd74a06ff148a82a02851c"},
         "</s>",
         &mistral},
        {{"qwen3", "Qwen3", "Turns between im_start and im_end; thoughts of earlier answers are left out.", {}},
         {"87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5"},
         "<|im_end|>",
         &qwen3},
    };
    return formats;
}

std::string chatTemplateOf(const std::map<std::string, std::string>& sideFiles) {
    if (const auto file = sideFiles.find("chat_template.jinja"); file != sideFiles.end())
        return file->second;
    const auto file = sideFiles.find("tokenizer_config.json");
    if (file == sideFiles.end())
        return {};
    const Json config = parseStrictJson(file->second, "tokenizer_config.json", "TK");
    const auto found = config.is_object() ? config.find("chat_template") : config.end();
    if (found == config.end())
        return {};
    if (found->is_string())
        return found->get<std::string>();
    if (found->is_array()) // several, by name
        for (const Json& entry : *found)
            if (entry.is_object() && entry.value("name", Json()) == "default" && entry.value("template", Json()).is_string())
                return entry["template"].get<std::string>();
    return {};
}

const ChatFormat& chatFormatOf(const std::string& templateText) {
    if (templateText.empty())
        throw Refusal("CHAT-NONE", "The model has no chat template, so it is not known how it was taught to chat.",
                      "Generate from a plain prompt, without --chat.");
    const std::string hash = hashOf(templateText);
    std::string known;
    for (const ChatFormat& format : chatFormats()) {
        if (std::find(format.hashes.begin(), format.hashes.end(), hash) != format.hashes.end())
            return format;
        known += (known.empty() ? "" : ", ") + format.choice.title;
    }
    throw Refusal("CHAT-UNKNOWN",
                  "The model's chat template is not one of those that are known (" + known +
                      "), and templates of others are never run. Its SHA-256 is " + hash + ".",
                  "Write the chat as the template has it and generate from that prompt, without --chat.", templateText);
}

std::string renderedChat(const ChatFormat& format, const std::vector<ChatMessage>& messages, bool addGenerationPrompt) {
    for (const ChatMessage& message : messages)
        if (message.role != "system" && message.role != "user" && message.role != "assistant")
            throw Refusal("CHAT-ROLE", "A chat has no role “" + message.role.substr(0, 60) + "”.",
                          "Roles are system, user and assistant.");
    return messages.empty() && !addGenerationPrompt ? std::string() : format.render(messages, addGenerationPrompt);
}

} // namespace lolcats
