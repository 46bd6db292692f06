#include "app/cli/Exclusions.h"

#include "app/cli/Arguments.h"
#include "core/base/Error.h"
#include "core/io/Tables.h"

#include <algorithm>

namespace chronnect::cli {

std::vector<LeftOut> readExclusions(const std::filesystem::path& path) {
    const Table table = readTable(path);
    const auto reason = table.column("reason"), include = table.column("include");
    const std::size_t name = table.column("run").value_or(0);
    std::vector<LeftOut> result;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        if (table.isMissing(row, name)) continue;
        if (include && !table.isMissing(row, *include) && parseBool("column include", table.rows[row][*include]))
            continue;
        result.push_back({table.rows[row][name],
                          reason && !table.isMissing(row, *reason) ? table.rows[row][*reason] : std::string()});
    }
    return result;
}

std::vector<LeftOut> takeOut(Study& study, const std::vector<LeftOut>& names) {
    std::vector<LeftOut> gone;
    std::size_t unknown = 0;
    for (const LeftOut& each : names) {
        const std::string &name = each.run, &reason = each.reason;
        const auto before = study.runs.size();
        std::erase_if(study.runs, [&](const RunInput& run) {
            const bool fits = run.id() == name || run.subject == name || "sub-" + run.subject == name ||
                              (!run.session.empty() && "sub-" + run.subject + "_ses-" + run.session == name);
            if (fits) gone.push_back({run.id(), reason});
            return fits;
        });
        const bool known = std::any_of(gone.begin(), gone.end(), [&](const LeftOut& out) { return out.run == name; });
        unknown += before == study.runs.size() && !known;
    }
    if (unknown)
        study.notices.push_back(
            {Severity::Warning,
             std::to_string(unknown) + (unknown == 1 ? " name in the table of exclusions fits no run"
                                                     : " names in the table of exclusions fit no run")});
    if (study.runs.empty() && !gone.empty())
        throw Error(ErrorKind::BadInput,
                    "Every run is excluded; the first: " + gone.front().run + " (" + gone.front().reason + ")");
    return gone;
}

}  // namespace chronnect::cli
