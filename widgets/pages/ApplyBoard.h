#pragma once

#include "core/project/Project.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace chronnect {

class EmptyNote;
class NoticeList;

/// A fine-tuned model and the open study: whether they fit, and what the model says of every run.
class ApplyBoard : public QWidget {
    Q_OBJECT

public:
    explicit ApplyBoard(QWidget* parent = nullptr);

    void setProject(const Project& project);
    void setBusy(bool on);

Q_SIGNALS:
    void openRequested();
    void saveRequested();
    void applyRequested(bool force);
    void exportRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeButtons();
    QWidget* makePassport();
    void showModel(const Project& project);
    void showFit(const PassportCheck& fit);
    void colourLights();
    void showPredictions(const Project& project);
    void updateButtons();

    QLabel* m_model;
    QTableWidget* m_fit;
    QCheckBox* m_anyway;
    QTableWidget* m_table;
    EmptyNote* m_empty;
    QStackedWidget* m_stack;
    NoticeList* m_notices;
    QPushButton *m_save, *m_apply, *m_export;
    bool m_busy = false, m_hasModel = false, m_hasScans = false, m_fits = true, m_hasPredictions = false;
};

}  // namespace chronnect
