// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_loop_watch.h"

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {

constexpr int kInterval = 20; // milliseconds
constexpr double kBin = 0.1;
constexpr std::size_t kBins = 20000;

} // namespace

EventLoopWatch::EventLoopWatch(QObject* parent) : QObject(parent), m_histogram(kBins) {
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kInterval);
    m_timer.setSingleShot(true); // started anew after each measurement, so that one delay is not counted twice
    connect(&m_timer, &QTimer::timeout, this, &EventLoopWatch::measure);
}

void EventLoopWatch::start() {
    std::fill(m_histogram.begin(), m_histogram.end(), 0);
    m_maximum = 0;
    m_measured = 0;
    m_sinceLast.start();
    m_timer.start();
}

void EventLoopWatch::stop() {
    m_timer.stop();
}

void EventLoopWatch::measure() {
    const double late = std::max(0.0, static_cast<double>(m_sinceLast.nsecsElapsed()) / 1e6 - kInterval);
    m_maximum = std::max(m_maximum, late);
    ++m_histogram[std::min(kBins - 1, static_cast<std::size_t>(late / kBin))];
    ++m_measured;
    m_sinceLast.start();
    m_timer.start();
}

EventLoopWatch::Delays EventLoopWatch::delays() const {
    const auto limit = static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(m_measured)));
    std::size_t seen = 0;
    for (std::size_t bin = 0; bin < kBins && m_measured > 0; ++bin) {
        seen += m_histogram[bin];
        if (seen >= limit)
            return {std::min(m_maximum, static_cast<double>(bin + 1) * kBin), m_maximum, m_measured};
    }
    return {0, m_maximum, m_measured};
}

} // namespace lolcats
