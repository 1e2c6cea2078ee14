// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/guarded.h"

#include <exception>
#include <new>
#include <string>

namespace lolcats {

namespace {

Failure internalFailure(const std::string& detail) {
    return {"INT-APP", "Something went wrong inside the program.", detail,
            "Copy the diagnostics into a report; the run file holds everything up to its last commit."};
}

} // namespace

std::optional<Failure> guarded(const std::function<void()>& work) {
    try {
        work();
    } catch (const Refusal& refusal) {
        return refusal.failure();
    } catch (const std::bad_alloc&) {
        return Failure{
            "RES-MEMORY", "There is not enough memory for this.", {}, "Close other programs, or choose less to do at once."};
    } catch (const std::exception& error) {
        return internalFailure(error.what());
    } catch (...) {
        return internalFailure("what was thrown carries no text");
    }
    return std::nullopt;
}

} // namespace lolcats
