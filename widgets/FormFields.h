#pragma once

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QString>

#include <string_view>

class QWidget;

namespace chronnect {

/// Where a section of a form begins.
struct FormSection {
    std::string_view first;  ///< name of the first setting in it
    QString title;
    bool folded = false;  ///< starts closed: settings most people leave alone
};

/// A number field without needless zeros that steps by a tenth of what it shows.
class NumberBox : public QDoubleSpinBox {
    Q_OBJECT

public:
    explicit NumberBox(QWidget* parent = nullptr);
    QString textFromValue(double value) const override;
};

/// How a setting's value reads in the window: "fc_profile" is "FC profile".
QString displayText(std::string_view name);

/// Keeps the mouse wheel from changing a field that the person only wants to scroll past.
void ignoreWheelWithoutFocus(QWidget* field);

}  // namespace chronnect
