#include "core/io/BidsDataset.h"
#include "core/io/Text.h"

#include <algorithm>
#include <map>
#include <set>

namespace chronnect {

namespace {

std::string withoutPrefix(const std::string& id) { return id.starts_with("sub-") ? id.substr(4) : id; }

std::string withoutZeros(const std::string& id) {
    const auto start = id.find_first_not_of('0');
    return start == std::string::npos ? id : id.substr(start);
}

using Normalise = std::string (*)(const std::string&);

/// How many subjects a column names, under a way of writing ids.
std::size_t matches(const Table& table, std::size_t column, const std::set<std::string>& subjects, Normalise normalise) {
    std::set<std::string> wanted, found;
    for (const auto& subject : subjects) wanted.insert(normalise(subject));
    for (const auto& row : table.rows)
        if (const auto id = normalise(row[column]); wanted.count(id)) found.insert(id);
    return found.size();
}

}  // namespace

bool joinParticipants(Study& study, const Table& table) {
    std::set<std::string> subjects;
    for (const auto& run : study.runs) subjects.insert(run.subject);
    const Normalise exact = [](const std::string& id) { return withoutPrefix(id); };
    const Normalise loose = [](const std::string& id) { return withoutZeros(text::lower(withoutPrefix(id))); };
    for (const Normalise normalise : {exact, loose}) {
        std::size_t best = 0, column = 0;
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            if (const auto count = matches(table, c, subjects, normalise); count > best) {
                best = count;
                column = c;
            }
        if (best == 0) continue;
        std::map<std::string, std::string> subjectOf;
        for (const auto& subject : subjects) subjectOf[normalise(subject)] = subject;
        Table joined = table;
        const bool ready = column == 0 && table.columns[0] == "participant_id";
        if (!ready) {
            joined.columns.insert(joined.columns.begin(), "participant_id");
            for (auto& row : joined.rows) {
                const std::string id = row[column];
                row.insert(row.begin(), id);
            }
        }
        for (auto& row : joined.rows) {
            const auto known = subjectOf.find(normalise(row[0]));
            row[0] = "sub-" + (known == subjectOf.end() ? withoutPrefix(row[0]) : known->second);
        }
        // A table may have its own participant_id behind the new one.
        for (std::size_t c = 1; c < joined.columns.size(); ++c)
            if (joined.columns[c] == "participant_id") joined.columns[c] = "participant_id_original";
        study.participants = std::move(joined);
        return true;
    }
    return false;
}

}  // namespace chronnect
