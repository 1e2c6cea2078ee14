// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Counts what torch takes from the heap while it lives, so that growth can be asked for without a clock or the system's word.
// One at a time.

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>

namespace lolcats {

class CountingAllocator final : public c10::Allocator {
public:
    CountingAllocator() : m_before(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 1); }
    ~CountingAllocator() override { c10::SetCPUAllocator(m_before, 1); }
    c10::DataPtr allocate(std::size_t bytes) override {
        c10::DataPtr inner = m_before->allocate(bytes);
        void* const data = inner.get();
        m_counts->now += static_cast<std::int64_t>(bytes);
        m_counts->peak = std::max(m_counts->peak.load(), m_counts->now.load());
        auto* const held = new Held{std::move(inner), m_counts, static_cast<std::int64_t>(bytes)};
        return {data, held, &release, c10::Device(c10::DeviceType::CPU)};
    }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(to, from, bytes); }
    std::int64_t peak() const { return m_counts->peak; } // bytes

private:
    struct Counts {
        std::atomic<std::int64_t> now = 0;
        std::atomic<std::int64_t> peak = 0;
    };
    struct Held { // tensors may outlive the allocator
        c10::DataPtr data;
        std::shared_ptr<Counts> counts;
        std::int64_t bytes;
    };
    static void release(void* context) {
        auto* const held = static_cast<Held*>(context);
        held->counts->now -= held->bytes;
        delete held;
    }

    c10::Allocator* m_before;
    std::shared_ptr<Counts> m_counts = std::make_shared<Counts>();
};

} // namespace lolcats
