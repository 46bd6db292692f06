#pragma once

#include "core/project/Project.h"

#include <QObject>

#include <vector>

namespace chronnect {

/// The open project and its past. The only mutable model object in the program.
class ProjectDocument : public QObject {
    Q_OBJECT

public:
    explicit ProjectDocument(QObject* parent = nullptr) : QObject(parent) {}

    const Project& project() const { return m_history[m_position].project; }

    /// Makes an undoable change: `change` is given a copy to alter.
    template <class Change>
    void edit(const QString& text, Change change) {
        Project next = project();
        change(next);
        push(text, std::move(next));
    }

    /// Adds a computed result to the present state; undo does not step over it.
    template <class Change>
    void amend(Change change) {
        const Project before = project();
        change(m_history[m_position].project);
        Q_EMIT changed(changedAspects(before, project()));
    }

    bool canUndo() const { return m_position > 0; }
    bool canRedo() const { return m_position + 1 < m_history.size(); }
    QString undoText() const { return canUndo() ? m_history[m_position].text : QString(); }
    void undo() { moveTo(m_position - 1); }
    void redo() { moveTo(m_position + 1); }

Q_SIGNALS:
    void changed(chronnect::Aspects aspects);

private:
    struct State {
        QString text;
        Project project;
    };

    void push(const QString& text, Project next);
    void moveTo(std::size_t position);

    std::vector<State> m_history{State{}};
    std::size_t m_position = 0;
};

}  // namespace chronnect
