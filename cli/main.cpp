// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/parsing.h"

#include <exception>

int main(int count, char** words) {
    using namespace lolcats;
    Session session;
    CLI::App app("Converts language models with softmax attention to linear attention, by attention transfer and low-rank "
                 "finetuning.",
                 "lolcats");
    addAllVerbs(app, session);
    try {
        if (const auto shown = parse(app, session, {words + 1, words + count}))
            return *shown;
        return session.action();
    } catch (const Refusal& refusal) {
        return printFailure(refusal.failure(), session.json);
    } catch (const std::exception& error) {
        return printFailure({"INT-FAULT", "The program came upon a fault of its own.", error.what(),
                             std::string("Report this: ") + error.what()},
                            session.json);
    }
}
