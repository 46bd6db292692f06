#pragma once

#include "core/base/Notice.h"

#include <QListWidget>
#include <QString>

class QDockWidget;
class QLabel;
class QPushButton;
class QAbstractItemModel;
class QScrollArea;
class QTableView;
class QVBoxLayout;

namespace chronnect {

QLabel* titleLabel(const QString& text);
/// Smaller and fainter; wraps.
QLabel* captionLabel(const QString& text = {});
QPushButton* primaryButton(const QString& icon, const QString& text);
QPushButton* plainButton(const QString& icon, const QString& text);
/// A small icon of ours that follows the theme.
class IconLabel : public QWidget {
    Q_OBJECT

public:
    explicit IconLabel(int size = 18, QWidget* parent = nullptr);
    void setIcon(const QString& name);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_name;
};

/// The heading of a dock with our own close button.
QWidget* dockTitle(QDockWidget& dock);
/// A column that scrolls vertically when it does not fit; add to its layout.
QScrollArea* scrollColumn(QVBoxLayout*& column, int width);

/// The look of every table of records: no grid, alternating rows, the last column stretched.
void styleRecords(QTableView* table);

/// A sortable table of records: whole rows, no grid.
QTableView* recordTable(QAbstractItemModel* model);

/// Notices with an icon each; says so when there are none.
class NoticeList : public QListWidget {
    Q_OBJECT

public:
    explicit NoticeList(const QString& none, QWidget* parent = nullptr);
    void setNotices(const Notices& notices);

private:
    QString m_none;
};

}  // namespace chronnect
