// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/job_runner.h"

namespace lolcats {

namespace {

struct EvaluateArguments {
    std::string subject;
    std::string model;
    std::string tasks;
    EvaluationRequest request;
    CLI::Option* length = nullptr;
    CLI::Option* rows = nullptr;
};

struct GenerateArguments {
    std::string subject;
    std::string model;
    GenerationRequest request;
};

struct LogitsArguments {
    std::string subject;
    std::string model;
    std::string ids;
    std::string idsFile;
    std::int64_t prompt = 0;
    std::string out;
};

int evaluate(const Session& session, const EvaluateArguments& arguments) {
    const auto engine = openedEngine(session);
    EvaluationRequest request = arguments.request;
    if (request.text.empty() && !isRunPath(arguments.subject))
        throw Refusal("ARG-TEXT", "A model has no held-out rows of its own.", "Give a text with --text FILE.");
    request.text = absolutePath(request.text);
    request.tasks = wordsFromText(arguments.tasks);
    const Subject subject = subjectOf(session, *engine, arguments.subject, arguments.model);
    if (subject.plan && arguments.length->count() == 0)
        request.length = subject.plan->length;
    if (subject.plan && arguments.rows->count() == 0)
        request.rows = subject.plan->heldoutRows;
    const auto job = engine->evaluation(subject, request);
    std::optional<EvaluationTable> table;
    const int exit = runJob(session, *job, [&](const JobEvent& event) {
        if (const auto* taken = std::get_if<EvaluationTable>(&event))
            table = *taken;
    });
    if (exit != 0)
        return exit;
    if (!table)
        throw Refusal("INT-EVALUATION", "The evaluation ended without a table.", "Report this as a fault of the program.");
    printResult(session.json ? jsonDocument(evaluationJson(*table)) : evaluationText(*table));
    return 0;
}

int generate(const Session& session, const GenerateArguments& arguments) {
    const auto engine = openedEngine(session);
    const Subject subject = subjectOf(session, *engine, arguments.subject, arguments.model);
    const auto job = engine->generation(subject, arguments.request);
    std::string text;
    OrderedJson figures = OrderedJson::array();
    const int exit = runJob(session, *job, [&](const JobEvent& event) {
        if (const auto* piece = std::get_if<TextPiece>(&event))
            text += piece->text;
        if (const auto* figure = std::get_if<Figure>(&event))
            figures.push_back(figureJson(*figure));
    });
    printResult(session.json ? jsonDocument({{"prompt", arguments.request.prompt}, {"text", text}, {"figures", figures}}) : "");
    return exit;
}

int logits(const Session& session, const LogitsArguments& arguments) {
    const auto numbers = arguments.idsFile.empty() ? integersFromText(arguments.ids, "--ids")
                                                   : integersFromText(textOfFile(arguments.idsFile), "--ids-file");
    if (numbers.empty())
        throw Refusal("ARG-IDS", "No token ids were given.", "Give --ids 1,2,3 or --ids-file FILE.");
    std::vector<std::int32_t> ids;
    for (const std::int64_t number : numbers) {
        if (number < 0 || number > INT32_MAX)
            throw Refusal("ARG-IDS", "The token id " + std::to_string(number) + " is out of range.", "Ids count from 0.");
        ids.push_back(static_cast<std::int32_t>(number));
    }
    const auto engine = openedEngine(session);
    const Subject subject = subjectOf(session, *engine, arguments.subject, arguments.model);
    const auto job = engine->logits(subject, ids, arguments.prompt, absolutePath(arguments.out));
    const int exit = runJob(session, *job, {});
    const auto count = static_cast<std::int64_t>(ids.size());
    if (exit == 0)
        printResult(session.json ? jsonLine({{"file", arguments.out},
                                             {"rows", arguments.prompt == 0 ? count : count - arguments.prompt + 1}})
                                 : arguments.out);
    return exit;
}

void addSubject(CLI::App& verb, std::string& subject, std::string& model) {
    verb.add_option("RUN_OR_MODEL", subject, "A run file, a GGUF file or a Hugging Face directory")->required();
    verb.add_option("--model", model, "Where the run's model is now");
}

} // namespace

void addMeasureVerbs(CLI::App& app, Session& session) {
    auto asked = std::make_shared<EvaluateArguments>();
    CLI::App* verb = addVerb(app, session, "evaluate", "Perplexity, KL to the teacher and agreement",
                             [asked, &session] { return evaluate(session, *asked); });
    addSubject(*verb, asked->subject, asked->model);
    verb->add_option("--text", asked->request.text, "A text file or folder; without it the run's own held-out rows");
    asked->length = verb->add_option("--length", asked->request.length, "Tokens in a row [the run's, else 512]")
                        ->check(CLI::Range(2, 1 << 20));
    asked->rows =
        verb->add_option("--rows", asked->request.rows, "Rows at most [the run's, else 20]")->check(CLI::Range(1, 1000000));
    verb->add_option("--tasks", asked->tasks, "Names with commas between; `lolcats list tasks`");

    auto wanted = std::make_shared<GenerateArguments>();
    verb = addVerb(app, session, "generate", "Text, token by token", [wanted, &session] { return generate(session, *wanted); });
    addSubject(*verb, wanted->subject, wanted->model);
    verb->add_option("--prompt", wanted->request.prompt, "The text to go on from")->required();
    CLI::Option* chat =
        verb->add_flag("--chat", wanted->request.chat, "The prompt is a question: written as the model's chat template has it");
    verb->add_option("--system", wanted->request.system, "The system message of a chat")->needs(chat);
    verb->add_option("--tokens", wanted->request.tokens, "Tokens at most [64]")->check(CLI::Range(1, 1 << 24));
    verb->add_option("--temperature", wanted->request.temperature, "0: the likeliest token each time [0]")
        ->check(CLI::Range(0.0, 100.0));
    verb->add_option("--top-k", wanted->request.topK, "Only the k likeliest; 0: all [0]")->check(CLI::Range(0, 1 << 24));
    verb->add_option("--top-p", wanted->request.topP, "Only the likeliest that make up this share [1]")
        ->check(CLI::Range(0.0, 1.0));
    verb->add_option("--seed", wanted->request.seed, "Of the random draws [0]");

    auto numbers = std::make_shared<LogitsArguments>();
    verb = addVerb(app, session, "logits", "Next-token logits, one row a position, float32",
                   [numbers, &session] { return logits(session, *numbers); });
    addSubject(*verb, numbers->subject, numbers->model);
    CLI::Option* ids = verb->add_option("--ids", numbers->ids, "Token ids, for example 1,2,3");
    verb->add_option("--ids-file", numbers->idsFile, "A file with token ids")->excludes(ids);
    verb->add_option(
            "--prompt", numbers->prompt,
            "How many of the ids are read at once; the others are read one by one, as text is written, and the first row "
            "is that of the prompt's last id [all, and a row for each]")
        ->check(CLI::Range(1, INT32_MAX));
    verb->add_option("--out", numbers->out, "The safetensors file to write")->required();
}

} // namespace lolcats
