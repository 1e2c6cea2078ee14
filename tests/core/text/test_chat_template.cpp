// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/model_source.h"
#include "core/records/failure.h"
#include "core/text/chat_template.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using lolcats::testing::refusalCode;

class TestChatTemplate : public QObject {
    Q_OBJECT

    static const ChatFormat& named(const std::string& id) {
        for (const ChatFormat& format : chatFormats())
            if (format.choice.id == id)
                return format;
        throw std::runtime_error("no format " + id);
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void anUnknownTemplateIsShownAndNotRun() {
        try {
            chatFormatOf("{{ messages.__class__ }}");
            QFAIL("not refused");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "CHAT-UNKNOWN");
            LOLCATS_COMPARE_TEXT(refusal.failure().detail, "{{ messages.__class__ }}");
        }
        LOLCATS_COMPARE_TEXT(refusalCode([] { chatFormatOf(""); }), "CHAT-NONE");
    }

    void theTemplateIsFoundInTheSideFiles() {
        LOLCATS_COMPARE_TEXT(chatTemplateOf({}), "");
        LOLCATS_COMPARE_TEXT(chatTemplateOf({{"tokenizer_config.json", "{}"}}), "");
        LOLCATS_COMPARE_TEXT(chatTemplateOf({{"tokenizer_config.json", R"({"chat_template":"a"})"}}), "a");
        LOLCATS_COMPARE_TEXT(
            chatTemplateOf({{"tokenizer_config.json", R"({"chat_template":"a"})"}, {"chat_template.jinja", "b"}}), "b");
        const std::string several =
            R"({"chat_template":[{"name":"tool_use","template":"t"},{"name":"default","template":"d"}]})";
        LOLCATS_COMPARE_TEXT(chatTemplateOf({{"tokenizer_config.json", several}}), "d");
        for (const char* odd :
             {R"({"chat_template":[]})", R"({"chat_template":7})", "[]", R"({"chat_template":[{"name":"default"}]})"})
            LOLCATS_COMPARE_TEXT(chatTemplateOf({{"tokenizer_config.json", odd}}), "");
    }

    void thoughtsStayOnlyInAnswersToTheLastQuestion() {
        const std::vector<ChatMessage> chat = {{"user", "q"},
                                               {"assistant", "<think>\nlong\n</think>\n\na"},
                                               {"user", "r"},
                                               {"assistant", "<think>\nshort\n</think>\n\nb"}};
        LOLCATS_COMPARE_TEXT(
            renderedChat(named("qwen3"), chat, false),
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n<|im_start|>user\nr<|im_end|>\n"
            "<|im_start|>assistant\n<think>\nshort\n</think>\n\nb<|im_end|>\n");
    }

    void anEmptyChatAndAnOddRoleEndNothing() {
        for (const ChatFormat& format : chatFormats()) {
            LOLCATS_COMPARE_TEXT(renderedChat(format, {}, false), "");
            QVERIFY(renderedChat(format, {{"user", ""}, {"assistant", " \n"}}, true).size() > 10);
            LOLCATS_COMPARE_TEXT(refusalCode([&] { renderedChat(format, {{"tool", "x"}}, false); }), "CHAT-ROLE");
        }
    }

    void theSamplesTemplateIsKnown() {
        if (lolcats::testing::sampleModel().empty())
            QSKIP("the sample model was not fetched");
        const auto source = openModelSource(lolcats::testing::sampleModel());
        LOLCATS_COMPARE_TEXT(chatFormatOf(chatTemplateOf(source->sideFiles())).choice.id, "smollm2");
    }
};

QTEST_GUILESS_MAIN(TestChatTemplate)
#include "test_chat_template.moc"
