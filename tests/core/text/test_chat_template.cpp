// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/file_bytes.h"
#include "core/files/model_source.h"
#include "core/records/failure.h"
#include "core/text/chat_template.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <filesystem>

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

    // What the templates themselves write, run elsewhere on the same chats.
    void theKnownFormatsWriteWhatTheirTemplatesDo() {
        const std::vector<ChatMessage> hello = {{"user", " Hello! "}};
        const std::vector<ChatMessage> terse = {
            {"system", "Be terse."}, {"user", "Name a colour."}, {"assistant", "Blue."}, {"user", "Another."}};
        LOLCATS_COMPARE_TEXT(renderedChat(named("mistral"), hello, true), "<s>[INST] Hello! [/INST]");
        LOLCATS_COMPARE_TEXT(renderedChat(named("mistral"), terse, false),
                             "<s>[INST]Name a colour.[/INST]Blue.</s>[INST]Be terse.\n\nAnother.[/INST]");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { renderedChat(named("mistral"), {{"assistant", "x"}}, false); }), "CHAT-ROLE");
        LOLCATS_COMPARE_TEXT(
            renderedChat(named("qwen2.5"), hello, true),
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
            "<|im_start|>user\n Hello! <|im_end|>\n<|im_start|>assistant\n");
        LOLCATS_COMPARE_TEXT(renderedChat(named("qwen2.5"), terse, false),
                             "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n"
                             "<|im_start|>assistant\nBlue.<|im_end|>\n<|im_start|>user\nAnother.<|im_end|>\n");
        const std::string head = "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n",
                          dates = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";
        const std::string turns = "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nName a colour.<|eot_id|>"
                                  "<|start_header_id|>assistant<|end_header_id|>\n\nBlue.<|eot_id|>"
                                  "<|start_header_id|>user<|end_header_id|>\n\nAnother.<|eot_id|>";
        const std::string prompt = "<|start_header_id|>assistant<|end_header_id|>\n\n";
        LOLCATS_COMPARE_TEXT(renderedChat(named("llama3.2"), hello, true),
                             head + dates + "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello!<|eot_id|>" + prompt);
        LOLCATS_COMPARE_TEXT(renderedChat(named("llama3.2"), terse, false), head + dates + "Be terse." + turns);
        LOLCATS_COMPARE_TEXT(renderedChat(named("llama3-first"), terse, false), head + "Be terse." + turns + prompt);
    }

    void fetchedTemplatesAreKnown_data() {
        QTest::addColumn<QString>("id");
        for (const auto& [name, id] :
             {std::pair{"llama3", "llama3-first"}, std::pair{"llama3_1", "llama3"}, std::pair{"llama3_2", "llama3.2"},
              std::pair{"qwen2_5", "qwen2.5"}, std::pair{"qwen3", "qwen3"}, std::pair{"mistral_nemo", "mistral"}})
            QTest::newRow(name) << QString::fromLatin1(id);
    }
    void fetchedTemplatesAreKnown() {
        QFETCH(QString, id);
        const std::string file =
            qEnvironmentVariable("LOLCATS_TOKENIZERS").toStdString() + "/" + QTest::currentDataTag() + ".tokenizer_config.json";
        if (!std::filesystem::exists(file))
            QSKIP("NOT CHECKED: LOLCATS_TOKENIZERS does not hold this template");
        const std::string text = chatTemplateOf({{"tokenizer_config.json", readTextFile(file, 4U << 20U, "TK")}});
        LOLCATS_COMPARE_TEXT(chatFormatOf(text).choice.id, id.toStdString());
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
