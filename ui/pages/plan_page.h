// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Plan page: everything that decides a run, whether it can start, what it will take, and the command that does the same.

#include "ui/pages/plan_readiness.h"
#include "ui/theme.h"

#include <QMap>
#include <QUndoStack>
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QTabBar;

namespace lolcats {

class ElidedLabel;
class FailureBanner;
class IconLabel;
class PageHead;
class PlanForm;
class PlanSide;
class SectionItem;

class PlanPage : public QWidget {
    Q_OBJECT

public:
    explicit PlanPage(Theme& theme, QWidget* parent = nullptr);

    void setCatalogue(const Catalogue& catalogue);
    void setEngineState(const QString& word, bool ready);
    void setPlan(const ConversionPlan& plan); // can be undone like an edit, but is not signalled
    const ConversionPlan& plan() const { return m_facts.plan; }
    void setModel(const ModelSummary& model);
    void setModelFailure(const Failure& failure);
    void setPreview(const DataPreview& preview);
    void setDataFailure(const Failure& failure);
    void setDataPending();
    void setForecast(const Forecast& forecast);
    void setRunPath(const QString& path);
    void setBusy(bool running);

    QUndoStack* undoStack() { return &m_edits; }
    bool mayStart() const;
    void start(); // as the button does; nothing where it is grey
    void copyCommand();

Q_SIGNALS:
    void planEdited(const ConversionPlan& plan);
    void modelRequested();
    void dataRequested();
    void heldoutRequested();
    void startRequested();
    void readinessChanged(int problems, bool mayStart);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    friend class PlanEdit;
    void buildHead();
    void buildBody();
    void buildList(QWidget* list);
    void edit(const QString& name, const OptionValue& value);
    void resetSection(const QStringList& names);
    void choosePreset(int index);
    void push(const ConversionPlan& after, const QString& name, bool quiet);
    void apply(const ConversionPlan& plan, bool quiet);
    ConversionPlan presetPlan() const;
    void showPlan();
    void showModel();
    void showData();
    void judge(); // readiness, section states, Start
    void arrange();

    Theme& m_theme;
    Catalogue m_catalogue;
    bool m_hasCatalogue = false;
    bool m_hasPlan = false;
    PlanFacts m_facts;
    bool m_dataPending = false;
    QString m_runPath;
    QUndoStack m_edits;
    bool m_mayStart = false;

    PageHead* m_head = nullptr;
    QTabBar* m_tabs = nullptr;
    QComboBox* m_preset = nullptr;
    QPushButton* m_copy = nullptr;
    IconLabel* m_reasonIcon = nullptr;
    ElidedLabel* m_reason = nullptr;
    QPushButton* m_start = nullptr;
    QWidget* m_list = nullptr;
    QMap<QString, SectionItem*> m_items;
    QWidget* m_waiting = nullptr;
    QLabel* m_waitingText = nullptr;
    FailureBanner* m_engineBanner = nullptr;
    QWidget* m_formFrame = nullptr;
    PlanForm* m_form = nullptr;
    PlanSide* m_side = nullptr;
};

} // namespace lolcats
