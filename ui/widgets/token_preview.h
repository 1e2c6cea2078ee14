// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The beginning of a training row as the model will see it: one box a token, greyed where nothing is learnt from it.

#include "ui/theme.h"

#include <QStringList>
#include <QWidget>

#include <vector>

namespace lolcats {

class TokenPreview : public QWidget {
    Q_OBJECT

public:
    explicit TokenPreview(Theme& theme, QWidget* parent = nullptr);

    void setTokens(const std::vector<std::string>& words, const std::vector<bool>& learned);
    int tokens() const { return static_cast<int>(m_words.size()); }

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;

private:
    struct Place {
        int token;
        QRect box;
    };
    std::vector<Place> places() const; // as many as fit

    Theme& m_theme;
    QStringList m_words;
    std::vector<bool> m_learned;
};

} // namespace lolcats
