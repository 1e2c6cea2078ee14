// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A failure said on the page that it concerns: the sentence, what to do, buttons for it, details and a copy for a report.

#include "core/records/failure.h"
#include "ui/theme.h"

#include <QFrame>
#include <QStringList>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace lolcats {

class FailureBanner : public QFrame {
    Q_OBJECT

public:
    explicit FailureBanner(Theme& theme, QWidget* parent = nullptr);

    // The first remedy is the page's primary button while the banner is there.
    void show(const Failure& failure, const QStringList& remedies = {});
    void clear();
    bool hasRemedy() const { return isShown() && !m_remedies.isEmpty(); }
    bool isShown() const { return !isHidden(); }
    QString diagnostics() const; // what Copy diagnostics puts on the clipboard

Q_SIGNALS:
    void remedyChosen(int index);

private:
    void setRemedies(const QStringList& remedies);

    Failure m_failure;
    QLabel* m_summary;
    QLabel* m_remedy;
    QLabel* m_detail;
    QHBoxLayout* m_buttons;
    QPushButton* m_details;
    QList<QPushButton*> m_remedies;
};

} // namespace lolcats
