// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The checksum of zip archives (polynomial 0xEDB88320, reflected).

#include <cstddef>
#include <cstdint>
#include <span>

namespace lolcats {

// `before` is the checksum of what came before these bytes.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

} // namespace lolcats
