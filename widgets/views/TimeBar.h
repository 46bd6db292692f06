#pragma once

#include "core/data/Connectivity.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

namespace chronnect {

/// The time cursor: a slider over the windows with play, loop, speed and single steps.
class TimeBar : public QWidget {
    Q_OBJECT

public:
    explicit TimeBar(ViewState& state, QWidget* parent = nullptr);
    ~TimeBar() override;

    /// Also sets the ViewState's window count (0 for null).
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);

    bool isPlaying() const;
    void setPlaying(bool on);
    void setLooping(bool on);
    /// Windows per second.
    void setSpeed(double windowsPerSecond);

Q_SIGNALS:
    void playingChanged(bool on);

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
