// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Export page: in which form, where to, what will be written, and the checks afterwards.

#include "core/records/choices.h"
#include "core/records/failure.h"
#include "core/records/job_event.h"
#include "core/records/model_summary.h"
#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QElapsedTimer>
#include <QWidget>

class QBoxLayout;
class QButtonGroup;
class QGridLayout;
class QLineEdit;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace lolcats {

class Card;
class ElidedLabel;
class FailureBanner;
class FileList;
class FormatCard;
class OptionsForm;
class OutcomeCard;
class PageHead;

class ExportPage : public QWidget {
    Q_OBJECT

public:
    explicit ExportPage(Theme& theme, QWidget* parent = nullptr);

    void setExporters(const std::vector<Choice>& exporters);
    void showRun(const RunRecord& run);
    void showNothing();
    void setForecast(const ExportForecast& forecast);
    void setRunning(bool running);
    void handle(const JobEvent& event);
    void setFailure(const Failure& failure);
    void setDone(const QString& folder);

Q_SIGNALS:
    void exportRequested(const QString& format, const QString& folder, const OptionValues& options);
    void forecastWanted(const QString& format);
    void openFolderRequested(const QString& folder);
    void runsRequested(); // from the empty state

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildHead();
    QWidget* buildLeft();
    QWidget* buildRight();
    QWidget* buildEmpty();
    void chooseFormat();
    void chooseFolder();
    void fillLineage();
    void judge();
    QString format() const;

    Theme& m_theme;
    std::vector<Choice> m_exporters;
    RunRecord m_run;
    bool m_hasRun = false;
    bool m_running = false;
    bool m_done = false;
    bool m_failed = false;  // the last export
    bool m_started = false; // an export whose end is not known yet
    QString m_doneFolder;
    QElapsedTimer m_clock;

    PageHead* m_head = nullptr;
    ElidedLabel* m_runName = nullptr;
    ElidedLabel* m_reason = nullptr;
    QPushButton* m_export = nullptr;
    QWidget* m_empty = nullptr;
    QWidget* m_left = nullptr;
    QWidget* m_right = nullptr;
    QVBoxLayout* m_formats = nullptr;
    QButtonGroup* m_group = nullptr;
    OptionsForm* m_options = nullptr;
    QLineEdit* m_folder = nullptr;
    FailureBanner* m_banner = nullptr;
    OutcomeCard* m_outcome = nullptr;
    Card* m_filesCard = nullptr;
    FileList* m_files = nullptr;
    QGridLayout* m_lineage = nullptr;
    QWidget* m_lineageCard = nullptr;
    QBoxLayout* m_lower = nullptr;
};

} // namespace lolcats
