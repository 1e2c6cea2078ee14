// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Asks for a student that was made elsewhere and the model that it was made of, and says how the import goes.

#include "core/records/failure.h"
#include "core/records/job_event.h"
#include "ui/theme.h"

#include <QDialog>
#include <QStringList>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace lolcats {

class FailureBanner;
class ProgressLine;

class ImportWindow : public QDialog {
    Q_OBJECT

public:
    explicit ImportWindow(Theme& theme, QWidget* parent = nullptr);

    void addPath(const QString& path); // a file or folder of the student; a second time changes nothing
    void setModel(const QString& path);
    QStringList paths() const { return m_paths; }
    QString model() const { return m_model; }

    void setRunning(bool running);
    void setProgress(const StageProgress& progress);
    void setFailure(const Failure& failure);

    void reject() override; // while an import goes on, it is asked to stop

Q_SIGNALS:
    void pathWanted();
    void modelWanted();
    void importRequested(const QString& model, const QStringList& paths);
    void stopRequested();

protected:
    bool event(QEvent* event) override;

private:
    void buildStudent(QVBoxLayout* column);
    void buildModel(QVBoxLayout* column);
    void buildFoot(QVBoxLayout* column);
    void showPaths();
    void judge();

    Theme& m_theme;
    QStringList m_paths;
    QString m_model;
    bool m_running = false;
    QVBoxLayout* m_rows = nullptr;
    QLabel* m_modelText = nullptr;
    FailureBanner* m_banner = nullptr;
    ProgressLine* m_line = nullptr;
    QLabel* m_doing = nullptr;
    QPushButton* m_add = nullptr;
    QPushButton* m_choose = nullptr;
    QPushButton* m_start = nullptr;
};

} // namespace lolcats
