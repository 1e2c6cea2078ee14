// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A framed surface with a header 36 high: title, subtitle, room for quiet tools at the right; the body below.

#include <QFrame>
#include <QLabel>

class QHBoxLayout;
class QVBoxLayout;

namespace lolcats {

class Card : public QFrame {
    Q_OBJECT

public:
    explicit Card(const QString& title, const QString& subtitle = {}, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setSubtitle(const QString& subtitle);
    // A line under the header: where a table or text follows, never above a plot.
    void setHeaderLine(bool there);
    void addTool(QWidget* tool); // right end of the header
    QHBoxLayout* header() { return m_header; }
    QVBoxLayout* body() { return m_body; } // no margins, no spacing: the content decides

private:
    QLabel* m_title;
    QLabel* m_subtitle;
    QFrame* m_line;
    QHBoxLayout* m_header;
    QVBoxLayout* m_body;
};

} // namespace lolcats
