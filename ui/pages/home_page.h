// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The first page: three ways in, what was interrupted, the newest runs, and what this computer is.

#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QWidget>

#include <vector>

class QBoxLayout;
class QGridLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace lolcats {

class IconLabel;
class WayCard;

class HomePage : public QWidget {
    Q_OBJECT

public:
    explicit HomePage(Theme& theme, QWidget* parent = nullptr);

    void setMachine(const QString& line); // empty: still being looked at
    // `how`: what the sample is, or how to get it where it is not there.
    void setSample(bool there, const QString& how);
    void setRuns(const std::vector<RunRecord>& runs); // newest first

Q_SIGNALS:
    void sampleRequested();
    void openModelRequested();
    void openRunRequested();
    void importRequested();
    void runOpened(const QString& path);
    void resumeRequested(const QString& path);
    void allRunsRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeWays();
    QWidget* makeBanner();
    QWidget* makeRecent();
    QWidget* makeMachine();
    QWidget* makeKeys();
    void showBanner(const std::vector<RunRecord>& runs);

    Theme& m_theme;
    QString m_interrupted; // path of the run in the banner
    WayCard* m_sample = nullptr;
    QWidget* m_banner = nullptr;
    QLabel* m_bannerText = nullptr;
    QToolButton* m_allRuns = nullptr;
    QWidget* m_noRuns = nullptr;
    QWidget* m_rows = nullptr;
    QVBoxLayout* m_rowsColumn = nullptr;
    IconLabel* m_machineIcon = nullptr;
    QLabel* m_machine = nullptr;
    QGridLayout* m_grid = nullptr;
    QWidget* m_left = nullptr;
    QWidget* m_right = nullptr;
    QBoxLayout* m_rightLayout = nullptr;
};

} // namespace lolcats
