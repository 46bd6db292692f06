#pragma once

#include "core/base/Parameters.h"
#include "widgets/FormFields.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidget>

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace chronnect {

/// A form made from the parameter list of `Spec`. Adding a setting to the spec adds its field. Settings that have no
/// effect beside the others (ParameterInfo::matters) are left out until they have.
template <class Spec>
class SpecForm : public QWidget {
public:
    /// Called with the new spec and the name of the setting the person changed.
    using Edited = std::function<void(const Spec& spec, const QString& setting)>;

    /// `choices` names text settings that are picked from a list (see setChoices).
    explicit SpecForm(Edited onEdited, std::vector<FormSection> sections = {}, QStringList choices = {},
                      QWidget* parent = nullptr)
        : QWidget(parent),
          m_onEdited(std::move(onEdited)),
          m_sections(std::move(sections)),
          m_choices(std::move(choices)),
          m_column(new QVBoxLayout(this)) {
        m_column->setContentsMargins(0, 0, 0, 0);
        m_column->setSpacing(6);
        visitParameters(m_spec, [this](auto& value, const ParameterInfo& info) {
            beginSection(info.name);
            addField(value, info);
        });
        setSpec(m_spec);
    }

    const Spec& spec() const { return m_spec; }

    /// Shows `spec` without reporting an edit.
    void setSpec(const Spec& spec) {
        m_spec = spec;
        for (const auto& show : m_showers) show();
        showWhatMatters();
    }

    /// What a text setting can be picked from; the value shown stays.
    void setChoices(const QString& setting, const QStringList& values) {
        auto* box = findChild<QComboBox*>(setting);
        if (!box) return;
        const QSignalBlocker quiet(box);
        const QString shown = box->currentText();
        box->clear();
        box->addItems(values);
        box->setCurrentText(shown);
    }

    /// Greys out a setting that has no effect at present.
    void setFieldEnabled(const QString& setting, bool on) {
        if (auto* field = findChild<QWidget*>(setting)) field->setEnabled(on);
    }

private:
    struct Part {
        QToolButton* header;  ///< null: a form without sections
        QWidget* body;
        QFormLayout* rows;
        bool matters = false;  ///< one of its settings does
    };

    void beginSection(std::string_view first) {
        const auto section =
            std::find_if(m_sections.begin(), m_sections.end(), [&](const FormSection& s) { return s.first == first; });
        if (section == m_sections.end() && !m_parts.empty()) return;
        auto* body = new QWidget;
        m_layout = new QFormLayout(body);
        m_parts.push_back({nullptr, body, m_layout});
        m_layout->setContentsMargins(section == m_sections.end() ? 0 : 20, 2, 0, 4);
        m_layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
        m_layout->setRowWrapPolicy(QFormLayout::DontWrapRows);
        if (section != m_sections.end()) {
            auto* header = new QToolButton;
            header->setText(section->title);
            header->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
            header->setCheckable(true);
            header->setAutoRaise(true);
            header->setProperty("styleClass", "section");
            const auto unfold = [header, body](bool open) {
                header->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
                body->setVisible(open);
            };
            connect(header, &QToolButton::toggled, this, unfold);
            header->setChecked(!section->folded);
            unfold(!section->folded);
            m_column->addWidget(header);
            m_parts.back().header = header;
        }
        m_column->addWidget(body);
    }

    template <class Value>
    void addField(Value& value, const ParameterInfo& info) {
        const QString name = text(info.name);
        if constexpr (std::is_same_v<Value, bool>) {
            auto* box = addRow(new QCheckBox, info);
            connect(box, &QCheckBox::toggled, this, [this, &value, name](bool on) { store(value, on, name); });
            m_showers.push_back([box, &value] {
                const QSignalBlocker quiet(box);
                box->setChecked(value);
            });
        } else if constexpr (std::is_enum_v<Value>) {
            auto* box = addRow(new QComboBox, info);
            for (auto choice : EnumNames<Value>::names) box->addItem(displayText(choice));
            connect(box, &QComboBox::currentIndexChanged, this,
                    [this, &value, name](int i) { store(value, static_cast<Value>(i), name); });
            m_showers.push_back([box, &value] {
                const QSignalBlocker quiet(box);
                box->setCurrentIndex(int(value));
            });
        } else if constexpr (std::is_arithmetic_v<Value>) {
            using Box = std::conditional_t<std::is_integral_v<Value>, QSpinBox, NumberBox>;
            auto* box = addRow(new Box, info);
            box->setRange(clampTo<Value>(info.minimum), clampTo<Value>(info.maximum));
            if (!info.unit.empty()) box->setSuffix(" " + text(info.unit));
            connect(box, &Box::valueChanged, this, [this, &value, name](Value v) { store(value, v, name); });
            box->setKeyboardTracking(false);  // a half-typed number is no edit
            m_showers.push_back([box, &value] {
                const QSignalBlocker quiet(box);
                if (box->value() != value) box->setValue(value);  // leaves the cursor of a person who types alone
            });
        } else if (m_choices.contains(name)) {
            auto* box = addRow(new QComboBox, info);
            box->setEditable(true);
            connect(box, &QComboBox::currentTextChanged, this,
                    [this, &value, name](const QString& v) { store(value, v.toStdString(), name); });
            m_showers.push_back([box, &value] {
                const QSignalBlocker quiet(box);
                if (box->currentText().toStdString() != value) box->setCurrentText(QString::fromStdString(value));
            });
        } else {
            auto* line = addRow(new QLineEdit, info);
            connect(line, &QLineEdit::textEdited, this,
                    [this, &value, name](const QString& v) { store(value, v.toStdString(), name); });
            m_showers.push_back([line, &value] {
                if (line->text().toStdString() != value) line->setText(QString::fromStdString(value));
            });
        }
    }

    template <class Field>
    Field* addRow(Field* field, const ParameterInfo& info) {
        field->setObjectName(text(info.name));  // tests and style sheets find it by this
        field->setToolTip(text(info.help));
        field->setAccessibleName(text(info.label));
        if constexpr (!std::is_same_v<Field, QCheckBox>) {
            ignoreWheelWithoutFocus(field);
            field->setMinimumWidth(110);
        }
        auto* label = new QLabel(text(info.label));
        label->setToolTip(text(info.help));
        label->setBuddy(field);
        label->setMinimumSize(132, field->sizeHint().height());  // one column of fields through all sections
        m_layout->addRow(label, field);
        m_fields.push_back({field, m_parts.size() - 1});
        return field;
    }

    void showWhatMatters() {
        for (Part& part : m_parts) part.matters = false;
        std::size_t next = 0;
        visitParameters(m_spec, [&](const auto&, const ParameterInfo& info) {
            const auto& [field, number] = m_fields[next++];
            Part& part = m_parts[number];
            part.rows->setRowVisible(field, info.matters);
            part.matters = part.matters || info.matters;
        });
        for (const Part& part : m_parts) {
            if (!part.header) continue;
            part.header->setVisible(part.matters);
            part.body->setVisible(part.matters && part.header->isChecked());
        }
    }

    template <class Value>
    void store(Value& target, Value value, const QString& setting) {
        target = std::move(value);
        m_onEdited(m_spec, setting);
        showWhatMatters();
    }

    template <class Value>
    static Value clampTo(double bound) {
        return static_cast<Value>(
            std::clamp(bound, double(std::numeric_limits<Value>::lowest()), double(std::numeric_limits<Value>::max())));
    }

    static QString text(std::string_view s) { return QString::fromUtf8(s.data(), qsizetype(s.size())); }

    Spec m_spec;
    Edited m_onEdited;
    std::vector<FormSection> m_sections;
    QStringList m_choices;
    QVBoxLayout* m_column;
    QFormLayout* m_layout = nullptr;
    std::vector<Part> m_parts;
    std::vector<std::pair<QWidget*, std::size_t>> m_fields;  ///< in the order of the parameter list, with their part
    std::vector<std::function<void()>> m_showers;
};

}  // namespace chronnect
