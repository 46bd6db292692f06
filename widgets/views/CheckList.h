#pragma once

#include "core/learning/Learning.h"

#include <QWidget>

class QVBoxLayout;

namespace chronnect {

/// The checks of an explanation, one line each: a plain "passed" or "failed", what was checked, the value and its null.
class CheckList : public QWidget {
    Q_OBJECT

public:
    explicit CheckList(QWidget* parent = nullptr);
    void setChecks(const std::vector<Explanation::Check>& checks, const Notices& notices);

private:
    QVBoxLayout* m_layout;
};

}  // namespace chronnect
