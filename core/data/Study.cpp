#include "core/data/Study.h"

namespace chronnect {

std::string RunInput::id() const {
    std::string result = "sub-" + subject;
    if (!session.empty()) result += "_ses-" + session;
    if (!task.empty()) result += "_task-" + task;
    if (!run.empty()) result += "_run-" + run;
    return result;
}

int Study::participantRow(const std::string& subject) const {
    for (std::size_t row = 0; row < participants.rows.size(); ++row) {
        const std::string& id = participants.rows[row].front();
        if (id == subject || id == "sub-" + subject) return static_cast<int>(row);
    }
    return -1;
}

}  // namespace chronnect
