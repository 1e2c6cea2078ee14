// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The right part of the Plan page: readiness, whether it will fit, and the command that does the same.

#include "ui/pages/plan_readiness.h"
#include "ui/theme.h"

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace lolcats {

class Card;
class ProgressLine;

class PlanSide : public QScrollArea {
    Q_OBJECT

public:
    explicit PlanSide(Theme& theme, QWidget* parent = nullptr);

    void setItems(const std::vector<ReadinessItem>& items);
    void setForecast(const Forecast& forecast);
    void setCommand(const QString& command);
    QString command() const;

Q_SIGNALS:
    void sectionWanted(const QString& id);
    void copyRequested();

private:
    struct Bar {
        QLabel* value = nullptr;
        QLabel* of = nullptr;
        ProgressLine* line = nullptr;
    };
    Bar addBar(QVBoxLayout* column, const QString& title, const QString& name, bool withLine);
    void fillBar(const Bar& bar, std::int64_t bytes, std::int64_t available);
    QWidget* itemRow(const ReadinessItem& item, int index);

    Theme& m_theme;
    Card* m_readiness;
    QVBoxLayout* m_items;
    QLabel* m_noForecast;
    QWidget* m_bars;
    Bar m_transfer;
    Bar m_finetune;
    Bar m_file;
    Bar m_time;
    QLabel* m_basis;
    Card* m_commandCard;
    QLabel* m_command;
};

} // namespace lolcats
