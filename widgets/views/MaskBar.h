#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "widgets/ViewState.h"
#include "widgets/views/MaskChoice.h"

#include <QWidget>

#include <memory>

namespace chronnect {

/// What is hidden from the network: a random part of the window at the cursor, chosen regions and pairs of it, or a
/// stretch of time.
enum class MaskMode { Random, Chosen, Stretch };

/// Where a person says what to hide, with a caption that says what this comes to, and asks for the reconstruction.
class MaskBar : public QWidget {
    Q_OBJECT

public:
    explicit MaskBar(ViewState& state, QWidget* parent = nullptr);
    ~MaskBar() override;

    /// The regions to choose from; a choice among other regions is given up. 0 = not known now, nothing changes.
    void setRegions(std::size_t regions, std::shared_ptr<const Parcellation> parcellation);
    /// Where the windows of the time cursor lie; may be null.
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setAvailable(bool available, const QString& why = {});
    void setBusy(bool busy);
    /// Whether what is asked for here is what was rebuilt last.
    void setAnswered(bool answered);

    MaskMode mode() const;
    void setMode(MaskMode mode);
    const MaskChoice& choice() const;
    void setChoice(const MaskChoice& choice);
    /// Windows of the time cursor, counted from 0, ends included.
    void setStretch(int from, int to);

    /// What is asked for, counted in the windows of the time cursor.
    MaskRequest request() const;
    bool isAvailable() const;
    /// Emits `asked` when that is possible now.
    void ask();

Q_SIGNALS:
    void changed();  ///< request() is another one, or whether it can be asked for
    void asked();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
