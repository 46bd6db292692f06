#include "widgets/FormFields.h"

#include <QEvent>
#include <QHash>

namespace chronnect {

namespace {

class WheelGuard : public QObject {
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() != QEvent::Wheel || static_cast<QWidget*>(watched)->hasFocus()) return false;
        event->ignore();
        return true;
    }
};

}  // namespace

NumberBox::NumberBox(QWidget* parent) : QDoubleSpinBox(parent) {
    setDecimals(9);
    setLocale(QLocale::c());
    setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
}

QString NumberBox::textFromValue(double value) const {
    QString text = QString::number(value, 'f', decimals());
    while (text.endsWith(QLatin1Char('0'))) text.chop(1);
    if (text.endsWith(QLatin1Char('.'))) text.chop(1);
    return text == QLatin1String("-0") ? QStringLiteral("0") : text;
}

QString displayText(std::string_view name) {
    static const QHash<QString, QString> known{{"fc_profile", "FC profile"},
                                               {"stagin", "STAGIN"},
                                               {"sero", "SERO"},
                                               {"garo", "GARO"},
                                               {"gin", "GIN"},
                                               {"mlp", "MLP"},
                                               {"mixer", "MLP-Mixer"},
                                               {"zscore", "z-score"},
                                               {"zscore_population", "z-score (population)"},
                                               {"psc", "Percent signal change"},
                                               {"6p", "6 motion parameters"},
                                               {"12p", "12 motion parameters"},
                                               {"24p", "24 motion parameters"},
                                               {"36p", "36 parameters"},
                                               {"acompcor10", "aCompCor, 10 components"},
                                               {"acompcor50", "aCompCor, 50 % of variance"},
                                               {"aroma", "ICA-AROMA"},
                                               {"cpu", "cpu"},
                                               {"auto", "auto"},
                                               {"st-mae", "ST-MAE"},
                                               {"st-jema", "ST-JEMA"},
                                               {"graphmae", "GraphMAE"}};
    QString text = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
    if (const auto found = known.find(text); found != known.end()) return *found;
    text.replace(QLatin1Char('_'), QLatin1Char(' '));
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

void ignoreWheelWithoutFocus(QWidget* field) {
    field->setFocusPolicy(Qt::StrongFocus);
    field->installEventFilter(new WheelGuard(field));
}

}  // namespace chronnect
