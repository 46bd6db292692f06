#pragma once

#include <QImage>
#include <QWidget>

namespace chronnect {

/// A picture as large as fits with a heading, or a sentence while there is none.
class PictureView : public QWidget {
    Q_OBJECT

public:
    /// `stretched` pictures fill the width and height they get; others keep their proportions.
    PictureView(const QString& heading, const QString& emptyText, bool stretched, QWidget* parent = nullptr);
    void setImage(const QImage& image);
    QSize sizeHint() const override { return {360, 200}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_heading, m_emptyText;
    bool m_stretched;
    QImage m_image;
};

}  // namespace chronnect
