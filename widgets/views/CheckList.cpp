#include "widgets/views/CheckList.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace chronnect {

CheckList::CheckList(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)) {
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(4);
}

void CheckList::setChecks(const std::vector<Explanation::Check>& checks, const Notices& notices) {
    while (QLayoutItem* item = m_layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const auto addText = [this](const QString& text, const char* style) {
        auto* label = new QLabel(text);
        label->setWordWrap(true);
        setStyleClass(label, style);
        m_layout->addWidget(label);
    };
    const auto failed = std::count_if(checks.begin(), checks.end(), [](const auto& check) { return !check.passed; });
    if (checks.empty())
        addText(tr("Nothing was checked: read this map with caution."), "caption");
    else if (failed == 0)
        addText(tr("All %1 checks passed.").arg(checks.size()), "heading");
    else
        addText(tr("%1 of %2 checks failed: do not lean on this map.").arg(failed).arg(checks.size()), "heading");
    for (const auto& check : checks) {
        auto* row = new QWidget;
        auto* line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(8);
        auto* badge = new QLabel(check.passed ? tr("passed") : tr("failed"));
        badge->setObjectName("checkBadge");
        badge->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        setStyleClass(badge, check.passed ? "badge-good" : "badge-bad");
        auto* name = new QLabel(QString::fromStdString(check.name));
        name->setWordWrap(true);
        auto* numbers = new QLabel(tr("%1, null %2").arg(plotNumber(check.value), plotNumber(check.null)));
        setStyleClass(numbers, "caption");
        line->addWidget(badge, 0, Qt::AlignTop);
        line->addWidget(name, 1, Qt::AlignTop);
        line->addWidget(numbers, 0, Qt::AlignTop);
        m_layout->addWidget(row);
    }
    for (const Notice& notice : notices) addText(QString::fromStdString(notice.text), "caption");
}

}  // namespace chronnect
