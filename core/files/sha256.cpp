// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/sha256.h"

#include "core/files/file_bytes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace lolcats {

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

namespace {

void demand(int success) {
    if (success != 1)
        throw std::runtime_error("the cryptography library has no SHA-256");
}

} // namespace

Sha256::Sha256() : m_state(std::make_unique<State>()) {
    demand(EVP_DigestInit_ex(m_state->context.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
    demand(EVP_DigestUpdate(m_state->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int size = 0;
    demand(EVP_DigestFinal_ex(m_state->context.get(), digest.data(), &size));
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += digits[digest[i] >> 4U];
        text += digits[digest[i] & 15U];
    }
    return text;
}

std::string sha256OfFile(const std::string& path, const std::function<bool(std::uint64_t)>& goOn) {
    const FileBytes file(path);
    Sha256 hash;
    std::vector<std::byte> piece(std::min<std::uint64_t>(file.size(), 4U << 20U));
    for (std::uint64_t done = 0; done < file.size();) {
        const std::span<std::byte> part(piece.data(), std::min<std::uint64_t>(piece.size(), file.size() - done));
        file.read(done, part);
        hash.add(part);
        done += part.size();
        if (goOn && !goOn(done))
            return {};
    }
    return hash.hex();
}

std::string sha256OfBytes(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

} // namespace lolcats
