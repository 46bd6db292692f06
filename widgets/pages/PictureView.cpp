#include "widgets/pages/PictureView.h"

#include "widgets/views/Theme.h"

#include <QPainter>

namespace chronnect {

PictureView::PictureView(const QString& heading, const QString& emptyText, bool stretched, QWidget* parent)
    : QWidget(parent), m_heading(heading), m_emptyText(emptyText), m_stretched(stretched) {
    setMinimumSize(160, 100);
}

void PictureView::setImage(const QImage& image) {
    m_image = image;
    update();
}

void PictureView::paintEvent(QPaintEvent*) {
    const PlotColors colors(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const int line = painter.fontMetrics().height();
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(colors.text);
    painter.drawText(QRect(0, 0, width(), line + 4), Qt::AlignLeft | Qt::AlignVCenter, m_heading);
    painter.setFont(font());
    const QRect area = rect().adjusted(0, line + 6, 0, 0);
    if (m_image.isNull()) {
        painter.setPen(colors.faintText);
        painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    QSize size = m_image.size().scaled(area.size(), m_stretched ? Qt::IgnoreAspectRatio : Qt::KeepAspectRatio);
    const QRect target(QPoint(area.x() + (area.width() - size.width()) / 2, area.y()), size);
    painter.drawImage(target, m_image);
    painter.setPen(colors.frame);
    painter.drawRect(target.adjusted(0, 0, -1, -1));
}

}  // namespace chronnect
