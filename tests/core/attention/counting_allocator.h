// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Counts what torch takes from the heap, so that a test can ask for growth without a clock or the system's word. All tensors
// made while it lives must be gone before it is.

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lolcats::testing {

class CountingAllocator final : public c10::Allocator {
public:
    CountingAllocator() : m_before(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 1); }
    ~CountingAllocator() override { c10::SetCPUAllocator(m_before, 1); }
    c10::DataPtr allocate(std::size_t bytes) override {
        c10::DataPtr inner = m_before->allocate(bytes);
        void* const data = inner.get();
        m_now += static_cast<std::int64_t>(bytes);
        m_peak = std::max(m_peak, m_now);
        auto* const held = new Held{std::move(inner), this, static_cast<std::int64_t>(bytes)};
        return {data, held, &release, c10::Device(c10::DeviceType::CPU)};
    }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(to, from, bytes); }
    std::int64_t peak() const { return m_peak; }

private:
    struct Held {
        c10::DataPtr data;
        CountingAllocator* owner;
        std::int64_t bytes;
    };
    static void release(void* context) {
        auto* const held = static_cast<Held*>(context);
        held->owner->m_now -= held->bytes;
        delete held;
    }

    c10::Allocator* m_before;
    std::int64_t m_now = 0;
    std::int64_t m_peak = 0;
};

} // namespace lolcats::testing
