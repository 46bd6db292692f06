#pragma once

#include "core/base/Parameters.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSpinBox>
#include <QWidget>

#include <algorithm>
#include <functional>
#include <type_traits>

namespace chronnect {

/// A form made from the parameter list of `Spec`. Adding a setting to the spec adds its field.
template <class Spec>
class SpecForm : public QWidget {
public:
    explicit SpecForm(std::function<void(const Spec&)> onEdited, QWidget* parent = nullptr)
        : QWidget(parent), m_onEdited(std::move(onEdited)), m_layout(new QFormLayout(this)) {
        visitParameters(m_spec, [this](auto& value, const ParameterInfo& info) { addField(value, info); });
        setSpec(m_spec);
    }

    const Spec& spec() const { return m_spec; }

    /// Shows `spec` without reporting an edit.
    void setSpec(const Spec& spec) {
        m_spec = spec;
        for (const auto& show : m_showers) show();
    }

private:
    template <class Value>
    void addField(Value& value, const ParameterInfo& info) {
        if constexpr (std::is_same_v<Value, bool>) {
            auto* box = addRow(new QCheckBox, info);
            connect(box, &QCheckBox::toggled, this, [this, &value](bool on) { store(value, on); });
            m_showers.push_back([box, &value] { const QSignalBlocker quiet(box); box->setChecked(value); });
        } else if constexpr (std::is_enum_v<Value>) {
            auto* box = addRow(new QComboBox, info);
            for (auto name : EnumNames<Value>::names) box->addItem(text(name));
            connect(box, &QComboBox::currentIndexChanged, this, [this, &value](int i) { store(value, Value(i)); });
            m_showers.push_back([box, &value] { const QSignalBlocker quiet(box); box->setCurrentIndex(int(value)); });
        } else {
            using Box = std::conditional_t<std::is_integral_v<Value>, QSpinBox, QDoubleSpinBox>;
            auto* box = addRow(new Box, info);
            box->setRange(clampTo<Value>(info.minimum), clampTo<Value>(info.maximum));
            if (!info.unit.empty()) box->setSuffix(" " + text(info.unit));
            connect(box, &Box::valueChanged, this, [this, &value](Value v) { store(value, v); });
            m_showers.push_back([box, &value] { const QSignalBlocker quiet(box); box->setValue(value); });
        }
    }

    template <class Field>
    Field* addRow(Field* field, const ParameterInfo& info) {
        field->setObjectName(text(info.name));  // tests and style sheets find it by this
        field->setToolTip(text(info.help));
        m_layout->addRow(text(info.label), field);
        return field;
    }

    template <class Value>
    void store(Value& target, Value value) {
        target = value;
        m_onEdited(m_spec);
    }

    template <class Value>
    static Value clampTo(double bound) {
        return static_cast<Value>(std::clamp(bound, double(std::numeric_limits<Value>::lowest()),
                                             double(std::numeric_limits<Value>::max())));
    }

    static QString text(std::string_view s) { return QString::fromUtf8(s.data(), qsizetype(s.size())); }

    Spec m_spec;
    std::function<void(const Spec&)> m_onEdited;
    QFormLayout* m_layout;
    std::vector<std::function<void()>> m_showers;
};

}  // namespace chronnect
