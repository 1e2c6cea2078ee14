// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How long the window's event loop made a timer wait while a run worked: the 99th percentile and the maximum.

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <cstddef>
#include <vector>

namespace lolcats {

class EventLoopWatch : public QObject {
    Q_OBJECT

public:
    explicit EventLoopWatch(QObject* parent = nullptr);
    void start(); // forgets what was measured before
    void stop();

    struct Delays {
        double p99 = 0; // milliseconds
        double maximum = 0;
        std::size_t measured = 0;
    };
    Delays delays() const;

private:
    void measure();

    QTimer m_timer;
    QElapsedTimer m_sinceLast;
    std::vector<std::size_t> m_histogram; // one bin a tenth of a millisecond; the last holds all that is longer
    double m_maximum = 0;
    std::size_t m_measured = 0;
};

} // namespace lolcats
