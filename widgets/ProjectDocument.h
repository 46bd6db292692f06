#pragma once

#include "core/project/Project.h"

#include <QElapsedTimer>
#include <QObject>

#include <utility>
#include <vector>

namespace chronnect {

/// The open project and its past. The only mutable model object in the program.
class ProjectDocument : public QObject {
    Q_OBJECT

public:
    explicit ProjectDocument(QObject* parent = nullptr) : QObject(parent) {}

    const Project& project() const { return m_history[m_position].project; }

    /// Makes an undoable change: `change` is given a copy to alter. Edits in a row with the same `setting`, each within
    /// a second of the one before, are one step of undo.
    template <class Change>
    void edit(const QString& text, Change change, const QString& setting = {}) {
        Project next = project();
        change(next);
        push(text, setting, std::move(next));
    }

    /// Adds a computed result to the present state; undo does not step over it.
    template <class Change>
    void amend(Change change) {
        const Project before = project();
        change(m_history[m_position].project);
        announce(before);
    }

    /// Another document: no past, nothing to save.
    void reset(Project project);

    bool canUndo() const { return m_position > 0; }
    bool canRedo() const { return m_position + 1 < m_history.size(); }
    QString undoText() const { return canUndo() ? m_history[m_position].text : QString(); }
    QString redoText() const { return canRedo() ? m_history[m_position + 1].text : QString(); }
    void undo();
    void redo();

    /// Whether the present state differs from what was opened or saved last.
    bool isModified() const { return m_modified; }
    /// `saved` is what was written, which a slow save may have taken some edits ago.
    void markSaved(const Project& saved);

    static constexpr std::size_t statesKept = 50;
    static constexpr std::size_t statesWithResults = 10;  ///< older ones keep settings only

Q_SIGNALS:
    void changed(chronnect::Aspects aspects);
    void historyChanged();  ///< what can be undone, or whether there is something to save

private:
    struct State {
        QString text;
        QString setting;
        Project project;
    };

    void push(const QString& text, const QString& setting, Project next);
    void moveTo(std::size_t position);
    void announce(const Project& before);
    void forgetOldStates();

    std::vector<State> m_history{State{}};
    std::size_t m_position = 0;
    Project m_saved;
    bool m_modified = false;
    QElapsedTimer m_sinceEdit;
};

}  // namespace chronnect
