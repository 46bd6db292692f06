#include "widgets/ProjectDocument.h"

namespace chronnect {

namespace {
constexpr qint64 mergeMilliseconds = 1000;
}

void ProjectDocument::push(const QString& text, const QString& setting, Project next) {
    const Project before = project();
    if (changedAspects(before, next) == 0) return;
    const bool again = !setting.isEmpty() && setting == m_history[m_position].setting && !canRedo() &&
                       m_sinceEdit.isValid() && m_sinceEdit.elapsed() < mergeMilliseconds;
    if (again) {
        m_history[m_position].project = std::move(next);
    } else {
        m_history.resize(m_position + 1);
        m_history.push_back({text, setting, std::move(next)});
        ++m_position;
        forgetOldStates();
    }
    m_sinceEdit.start();
    announce(before);
}

void ProjectDocument::forgetOldStates() {
    if (m_history.size() > statesKept) {
        const std::size_t extra = m_history.size() - statesKept;
        m_history.erase(m_history.begin(), m_history.begin() + static_cast<std::ptrdiff_t>(extra));
        m_position -= extra;
    }
    for (std::size_t i = 0; i + statesWithResults < m_history.size(); ++i) {
        m_history[i].project.result = nullptr;
        m_history[i].project.pretrained = nullptr;
        m_history[i].project.finetuned = nullptr;
        m_history[i].project.applied = nullptr;
    }
}

void ProjectDocument::reset(Project next) {
    const Project before = project();
    m_history.assign(1, State{{}, {}, std::move(next)});
    m_position = 0;
    m_saved = project();
    m_sinceEdit.invalidate();
    announce(before);
}

void ProjectDocument::undo() {
    if (canUndo()) moveTo(m_position - 1);
}

void ProjectDocument::redo() {
    if (canRedo()) moveTo(m_position + 1);
}

void ProjectDocument::markSaved(const Project& saved) {
    m_saved = saved;
    m_modified = changedAspects(m_saved, project()) != 0;
    Q_EMIT historyChanged();
}

void ProjectDocument::moveTo(std::size_t position) {
    const Project before = project();
    m_position = position;
    m_sinceEdit.invalidate();
    announce(before);
}

void ProjectDocument::announce(const Project& before) {
    m_modified = changedAspects(m_saved, project()) != 0;
    if (const Aspects aspects = changedAspects(before, project())) Q_EMIT changed(aspects);
    Q_EMIT historyChanged();
}

}  // namespace chronnect
