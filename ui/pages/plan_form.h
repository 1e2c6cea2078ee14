// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The form of the Plan page: the model's facts, and one section of rows for each section of a plan, made from descriptions.

#include "core/records/conversion_plan.h"
#include "core/records/failure.h"
#include "core/records/model_summary.h"
#include "ui/theme.h"

#include <QMap>
#include <QScrollArea>

#include <optional>

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace lolcats {

class FailureBanner;
class LayerToggles;
class OptionsForm;
class ParameterRow;
class SectionHeader;
class TokenPreview;

class PlanForm : public QScrollArea {
    Q_OBJECT

public:
    explicit PlanForm(Theme& theme, QWidget* parent = nullptr);

    void setCatalogue(const Catalogue& catalogue); // builds the sections anew
    // `preset` is the plan that the arrows go back to.
    void showPlan(const ConversionPlan& plan, const ConversionPlan& preset);
    void showModel(const std::optional<ModelSummary>& model, const std::optional<Failure>& failure, bool pending);
    void showData(const std::optional<DataPreview>& data, const std::optional<Failure>& failure, bool pending);
    void showSection(const QString& id);
    int troubled(const QString& section) const;
    int changed(const QString& section) const;

Q_SIGNALS:
    void edited(const QString& name, const OptionValue& value);
    void sectionResetRequested(const QStringList& names);
    void troubleChanged();
    void modelRequested();
    void dataRequested();
    void heldoutRequested();

private:
    struct Section {
        QWidget* frame = nullptr;
        OptionsForm* form = nullptr;
        OptionsForm* parts = nullptr; // rows of the chosen parts, made anew when another part is chosen
        OptionsForm* advanced = nullptr;
        OptionsForm* tail = nullptr; // stands below them and does not fold
        QToolButton* reset = nullptr;
        QToolButton* more = nullptr;
    };
    QVBoxLayout* addFrame(const QString& id, int number, const QString& title, const QString& sentence);
    void buildModel();
    void buildSection(const PlanSection& plan, int number);
    ParameterRow* makeRow(const OptionDescription& option);
    ParameterRow* makeLayersRow(const OptionDescription& option);
    void buildDataTail(QVBoxLayout* column);
    void rebuildParts(const ConversionPlan& plan);
    void showAdvanced(Section& section, bool open);
    void fillModelFacts(const ModelSummary& model);
    static QStringList changedNames(const Section& section);
    static std::vector<OptionsForm*> forms(const Section& section);

    Theme& m_theme;
    Catalogue m_catalogue;
    QVBoxLayout* m_column = nullptr;
    QMap<QString, Section> m_sections;
    SectionHeader* m_header = nullptr; // of the section that addFrame made last
    std::vector<OptionDescription> m_parts;
    LayerToggles* m_layers = nullptr;
    QWidget* m_facts = nullptr;
    QLabel* m_modelEmpty = nullptr;
    QLabel* m_modelNotices = nullptr;
    FailureBanner* m_modelBanner = nullptr;
    FailureBanner* m_dataBanner = nullptr;
    TokenPreview* m_preview = nullptr;
    QLabel* m_dataText = nullptr;
    QLabel* m_dataNotices = nullptr;
};

} // namespace lolcats
