#include "widgets/pages/ImportDialog.h"

#include "widgets/FormFields.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/Theme.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

QString nameOf(const std::filesystem::path& file) { return QString::fromStdU16String(file.filename().u16string()); }

bool asked(const Notices& notices) {
    return std::any_of(notices.begin(), notices.end(),
                       [](const Notice& n) { return n.severity == Severity::Question; });
}

/// Mean 0 and deviation 1, moved up by `offset`, so that regions do not cover each other.
std::vector<double> stacked(const std::vector<double>& values, double offset) {
    double mean = 0, squares = 0, count = 0;
    for (const double value : values)
        if (std::isfinite(value)) {
            mean += value;
            ++count;
        }
    mean /= std::max(1.0, count);
    for (const double value : values)
        if (std::isfinite(value)) squares += (value - mean) * (value - mean);
    const double deviation = count > 1 && squares > 0 ? std::sqrt(squares / (count - 1)) : 1.0;
    std::vector<double> result;
    for (const double value : values) result.push_back((value - mean) / deviation + offset);
    return result;
}

}  // namespace

ImportDialog::ImportDialog(ImportPlan plan, QWidget* parent) : QDialog(parent), m_plan(std::move(plan)) {
    setWindowTitle(tr("Before these files are opened"));
    setObjectName(QStringLiteral("importDialog"));
    resize(860, 640);
    makeGroups();
    m_list = new QListWidget;
    m_list->setMaximumWidth(240);
    for (const Group& group : m_groups)
        m_list->addItem(group.items.size() == 1
                            ? nameOf(first(group).file)
                            : tr("%1 and %2 more like it").arg(nameOf(first(group).file)).arg(group.items.size() - 1));
    m_list->setVisible(m_groups.size() > 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_open = primaryButton(QStringLiteral("open"), tr("Open"));
    m_open->setObjectName(QStringLiteral("openImport"));
    buttons->addButton(m_open, QDialogButtonBox::AcceptRole);
    m_missing = captionLabel();
    auto* middle = new QHBoxLayout;
    middle->addWidget(m_list);
    middle->addWidget(makeForm(), 1);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_missing, 1);
    bottom->addWidget(buttons);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(middle, 1);
    layout->addLayout(bottom);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QListWidget::currentRowChanged, this, &ImportDialog::showGroup);
    m_list->setCurrentRow(0);
    showGroup();
}

void ImportDialog::makeGroups() {
    const auto alike = [](const ImportItem& a, const ImportItem& b) {
        if (a.arrays.size() != b.arrays.size() || a.needsAxis() != b.needsAxis() ||
            a.needsRepetitionTime() != b.needsRepetitionTime())
            return false;
        for (std::size_t i = 0; i < a.arrays.size(); ++i)
            if (a.arrays[i].variable != b.arrays[i].variable && a.arrays.size() > 1) return false;
        return a.arrays.empty() ||
               (a.arrays[0].suggested == b.arrays[0].suggested && asked(a.notices) == asked(b.notices));
    };
    for (std::size_t i = 0; i < m_plan.items.size(); ++i) {
        const ImportItem& item = m_plan.items[i];
        if (!item.asks()) continue;
        const auto group =
            std::find_if(m_groups.begin(), m_groups.end(), [&](const Group& g) { return alike(first(g), item); });
        if (group != m_groups.end()) {
            group->items.push_back(i);
            continue;
        }
        Group next{{i}, 0, TimeAxis::Automatic, item.repetitionTime, false};
        // What the numbers make likely is shown chosen; what they leave open is for the person to say.
        if (item.needsAxis() && !asked(item.arrays[0].notices)) next.axis = item.arrays[0].suggested;
        m_groups.push_back(std::move(next));
    }
    if (m_groups.empty()) m_groups.push_back({{0}, 0, TimeAxis::Automatic, 1, false});
}

QWidget* ImportDialog::makeForm() {
    m_heading = titleLabel({});
    m_variable = new QComboBox;
    m_variable->setObjectName(QStringLiteral("importVariable"));
    m_rows = new QRadioButton;
    m_rows->setObjectName(QStringLiteral("timeAlongRows"));
    m_columns = new QRadioButton;
    m_columns->setObjectName(QStringLiteral("timeAlongColumns"));
    m_axis = new QButtonGroup(this);
    m_axis->addButton(m_rows, static_cast<int>(TimeAxis::Rows));
    m_axis->addButton(m_columns, static_cast<int>(TimeAxis::Columns));
    m_stated = new QLabel;
    m_stated->setWordWrap(true);
    m_time = new NumberBox;
    m_time->setObjectName(QStringLiteral("importRepetitionTime"));
    m_time->setRange(0, 30);
    m_time->setSuffix(tr(" s"));
    m_time->setSpecialValueText(tr("not stated: please give it"));
    m_timeUnknown = new QCheckBox(tr("It is not known: leave temporal filters out"));
    m_timeUnknown->setObjectName(QStringLiteral("repetitionTimeUnknown"));
    m_notices = new NoticeList(tr("The file says everything else."));
    m_notices->setMaximumHeight(84);
    m_plot = new CurvesPlot;
    m_plot->setEmptyText(tr("Choose which way time runs to see the first regions as they would be read."));
    auto* form = new QFormLayout;
    m_variableLabel = new QLabel(tr("Array"));
    m_axisLabel = new QLabel(tr("Time runs along"));
    form->addRow(m_variableLabel, m_variable);
    form->addRow(m_axisLabel, m_rows);
    form->addRow(QString(), m_columns);
    form->addRow(QString(), m_stated);
    form->addRow(tr("Repetition time"), m_time);
    form->addRow(QString(), m_timeUnknown);
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_heading);
    layout->addLayout(form);
    layout->addWidget(m_plot, 1);
    layout->addWidget(m_notices);
    connectForm();
    return body;
}

void ImportDialog::connectForm() {
    connect(m_variable, &QComboBox::currentIndexChanged, this, [this](int index) {
        if (m_filling || index < 0) return;
        Group& group = shown();
        group.array = index;
        const ArraySample* array = sample(group);
        group.axis = array && !asked(array->notices) ? array->suggested : TimeAxis::Automatic;
        showAxis();
    });
    connect(m_axis, &QButtonGroup::idClicked, this, [this](int id) {
        shown().axis = static_cast<TimeAxis>(id);
        drawRegions();
        updateState();
    });
    connect(m_time, &QDoubleSpinBox::valueChanged, this, [this](double seconds) {
        if (m_filling) return;
        shown().repetitionTime = seconds;
        drawRegions();
        updateState();
    });
    connect(m_timeUnknown, &QCheckBox::toggled, this, [this](bool on) {
        if (m_filling) return;
        shown().timeUnknown = on;
        m_time->setEnabled(!on);
        drawRegions();
        updateState();
    });
}

ImportDialog::Group& ImportDialog::shown() {
    return m_groups[static_cast<std::size_t>(std::max(0, m_list->currentRow()))];
}

const ArraySample* ImportDialog::sample(const Group& group) const {
    const auto& arrays = first(group).arrays;
    return arrays.empty() ? nullptr : &arrays[std::min(arrays.size() - 1, static_cast<std::size_t>(group.array))];
}

void ImportDialog::showGroup() {
    m_filling = true;
    Group& group = shown();
    const ImportItem& item = first(group);
    m_heading->setText(group.items.size() == 1
                           ? nameOf(item.file)
                           : tr("%1 and %2 more like it").arg(nameOf(item.file)).arg(group.items.size() - 1));
    m_variable->clear();
    for (const ArraySample& array : item.arrays)
        m_variable->addItem(
            tr("%1 (%2 × %3)").arg(QString::fromStdString(array.variable)).arg(array.rows).arg(array.columns));
    m_variable->setCurrentIndex(group.array);
    for (QWidget* each : std::initializer_list<QWidget*>{m_variable, m_variableLabel})
        each->setVisible(item.needsVariable());
    m_time->setValue(group.repetitionTime);
    m_time->setEnabled(!group.timeUnknown);
    m_timeUnknown->setChecked(group.timeUnknown);
    m_notices->setNotices(item.notices);
    m_plot->setVisible(!item.arrays.empty());
    m_filling = false;
    showAxis();
}

void ImportDialog::showAxis() {
    Group& group = shown();
    const ArraySample* array = sample(group);
    const bool choose = array && !array->axisStated;
    for (QWidget* each : std::initializer_list<QWidget*>{m_rows, m_columns}) each->setVisible(choose);
    m_axisLabel->setVisible(array != nullptr);
    m_stated->setVisible(array && !choose);
    if (array) {
        m_rows->setText(tr("the rows: %1 volumes of %2 regions").arg(array->rows).arg(array->columns));
        m_columns->setText(tr("the columns: %1 volumes of %2 regions").arg(array->columns).arg(array->rows));
        m_stated->setText((array->suggested == TimeAxis::Rows ? m_rows : m_columns)->text() + tr(", as the file says"));
        m_axis->setExclusive(false);
        m_rows->setChecked(group.axis == TimeAxis::Rows);
        m_columns->setChecked(group.axis == TimeAxis::Columns);
        m_axis->setExclusive(true);
    }
    drawRegions();
    updateState();
}

void ImportDialog::drawRegions() {
    const Group& group = shown();
    const ArraySample* array = sample(group);
    if (!array) return;
    const TimeAxis axis = array->axisStated ? array->suggested : group.axis;
    std::vector<Curve> curves;
    if (axis != TimeAxis::Automatic) {
        const auto& lines = axis == TimeAxis::Rows ? array->firstColumns : array->firstRows;
        const double step = group.repetitionTime > 0 && !group.timeUnknown ? group.repetitionTime : 1;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            Curve curve{tr("region %1").arg(i + 1), {}, stacked(lines[i], -4.0 * static_cast<double>(i))};
            for (std::size_t v = 0; v < lines[i].size(); ++v) curve.x.push_back(step * static_cast<double>(v));
            curves.push_back(std::move(curve));
        }
        m_plot->setAxisTitles(group.repetitionTime > 0 && !group.timeUnknown ? tr("time (s)") : tr("volume"),
                              tr("each scaled, one above another"));
    }
    m_plot->setCurves(std::move(curves));
}

bool ImportDialog::isComplete(const Group& group) const {
    const ArraySample* array = sample(group);
    const bool axisKnown = !array || array->axisStated || group.axis != TimeAxis::Automatic;
    return axisKnown && (group.repetitionTime > 0 || group.timeUnknown);
}

void ImportDialog::updateState() {
    const auto open =
        std::count_if(m_groups.begin(), m_groups.end(), [this](const Group& group) { return !isComplete(group); });
    m_open->setEnabled(open == 0);
    const Group& group = shown();
    const ArraySample* array = sample(group);
    const bool axisOpen = array && !array->axisStated && group.axis == TimeAxis::Automatic;
    m_missing->setText(open == 0           ? QString()
                       : isComplete(group) ? tr("Other files in the list still need an answer.")
                       : axisOpen          ? tr("Say which way time runs; the plot shows what that means.")
                                           : tr("Give the repetition time, or say that it is not known."));
}

std::vector<ImportAnswer> ImportDialog::answers() const {
    std::vector<ImportAnswer> result(m_plan.items.size());
    for (std::size_t i = 0; i < m_plan.items.size(); ++i)
        result[i].repetitionTime = m_plan.items[i].repetitionTime > 1e-6 ? m_plan.items[i].repetitionTime : 0;
    for (const Group& group : m_groups) {
        const ArraySample* array = sample(group);
        for (const std::size_t item : group.items)
            result[item] = {group.axis, array ? array->variable : std::string(),
                            group.timeUnknown ? 0 : group.repetitionTime};
    }
    return result;
}

}  // namespace chronnect
