// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Chats as the text that a model was trained to read. A model's own template is a program of a stranger: it is never run. The
// known ones are recognised by their hash, and what they would write is written by code of ours.

#include "core/records/choices.h"

#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct ChatMessage {
    std::string role; // system, user, assistant
    std::string content;
};

struct ChatFormat {
    Choice choice;
    std::vector<std::string> hashes; // SHA-256 of template texts that write this
    std::string endOfTurn;           // the special token with which an answer ends
    std::string (*render)(const std::vector<ChatMessage>& messages, bool addGenerationPrompt);
};

const std::vector<ChatFormat>& chatFormats();

// The template in a model's side files (tokenizer_config.json, chat_template.jinja); empty: it has none.
std::string chatTemplateOf(const std::map<std::string, std::string>& sideFiles);
// Refuses (CHAT-NONE) an empty template and (CHAT-UNKNOWN) one that is not known; its text is shown in the failure's detail.
const ChatFormat& chatFormatOf(const std::string& templateText);
// Refuses (CHAT-ROLE) a role that is none of the three.
std::string renderedChat(const ChatFormat& format, const std::vector<ChatMessage>& messages, bool addGenerationPrompt);

} // namespace lolcats
