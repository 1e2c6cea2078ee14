// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Plan page's questions answered: what the model holds, what the data looks like, what the plan costs, where the run will
// lie.

#include "app/engine_room.h"
#include "core/records/conversion_plan.h"
#include "ui/pages/plan_page.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>
#include <optional>

namespace lolcats {

class PlanDesk : public QObject {
    Q_OBJECT

public:
    PlanDesk(PlanPage& page, EngineRoom& room, QObject* parent = nullptr);

    // Each waits for the engine where it is not open yet.
    void setModel(const QString& path);
    void setData(const QString& path);
    void setHeldout(const QString& path);
    void usePlan(const ConversionPlan& plan);
    void openPlanFile(const QString& path);
    void newPlan(); // the default preset with the model that is there
    void trySample();
    // What was dropped on the window: a model, a plan or data.
    void takeDropped(const QString& path);
    void refreshRunPath();

Q_SIGNALS:
    void modelChosen(const QString& path); // and it could be read
    void startRequested(const ConversionPlan& plan, const QString& runPath);

private:
    void engineOpened();
    void planEdited(const ConversionPlan& plan);
    bool isReadable() const; // there is something to read, and a model to read it for
    void askModel();
    void askForecast();
    void askPreview();
    void change(const std::function<void(ConversionPlan&)>& edit);

    PlanPage& m_page;
    EngineRoom& m_room;
    ConversionPlan m_plan;
    QString m_runPath;
    std::optional<ConversionPlan> m_previewed; // what the shown preview was asked for
    bool m_modelIsReadable = false;
    QTimer m_forecastSoon; // an edit a key press; asked when the person rests
    QTimer m_previewSoon;
};

} // namespace lolcats
