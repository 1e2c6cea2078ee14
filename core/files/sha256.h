// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SHA-256 of bytes that come in pieces.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace lolcats {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void add(std::span<const std::byte> bytes);
    std::string hex(); // ends it

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace lolcats
