// SPDX-License-Identifier: GPL-3.0-or-later
// Writes to a run without end and says on standard output what is committed, until it is killed. Tests start it.

#include "core/records/failure.h"
#include "core/runs/run_store.h"
#include "tests/core/runs/made_up_run.h"

#include <cstdio>

int main(int count, char** words) {
    using namespace lolcats;
    if (count != 3)
        return 2;
    try {
        auto writer = RunWriter::open(words[1]);
        writer->setState(RunState::Running, "");
        writer->add(StageStarted{Stage::Transfer, 1000000});
        for (std::int64_t step = std::stoll(words[2]);; ++step) {
            for (int layer = 0; layer < 20; ++layer)
                writer->add(testing::metricAt(Stage::Transfer, "transfer.mse", step, layer, static_cast<double>(step)));
            if (step % 5 == 0)
                writer->add(testing::checkpointAt(Stage::Transfer, step, step % 10 == 0 ? "best" : "every",
                                                  std::vector<float>(50000, static_cast<float>(step))));
            else
                writer->commit();
            std::printf("%lld\n", static_cast<long long>(step));
            std::fflush(stdout);
        }
    } catch (const Refusal& refusal) {
        std::fprintf(stderr, "%s\n", refusal.what());
        return 1;
    }
}
