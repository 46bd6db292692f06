#include "widgets/ProjectDocument.h"

namespace chronnect {

void ProjectDocument::push(const QString& text, Project next) {
    if (changedAspects(project(), next) == 0) return;
    m_history.resize(m_position + 1);
    m_history.push_back({text, std::move(next)});
    moveTo(m_position + 1);
}

void ProjectDocument::moveTo(std::size_t position) {
    const Aspects aspects = changedAspects(project(), m_history[position].project);
    m_position = position;
    Q_EMIT changed(aspects);
}

}  // namespace chronnect
