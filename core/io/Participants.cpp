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
std::size_t matches(const Table& table, std::size_t column, const std::set<std::string>& subjects,
                    Normalise normalise) {
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

namespace {

/// The row of a subject, added where the table has none.
std::vector<std::string>& rowOf(Study& study, const std::string& subject) {
    Table& table = study.participants;
    if (table.columns.empty()) table.columns = {"participant_id"};
    const int known = study.participantRow(subject);
    if (known >= 0) return table.rows[static_cast<std::size_t>(known)];
    table.rows.emplace_back(table.columns.size(), "n/a");
    table.rows.back().front() = "sub-" + subject;
    return table.rows.back();
}

std::size_t columnOf(Table& table, const std::string& name) {
    if (const auto found = table.column(name)) return *found;
    table.columns.push_back(name);
    for (auto& row : table.rows) row.emplace_back("n/a");
    return table.columns.size() - 1;
}

}  // namespace

std::size_t joinSessions(Study& study, const std::string& subject, const Table& sessions) {
    const auto id = sessions.column("session_id");
    if (!id) return 0;
    std::size_t joined = 0;
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        std::string session = sessions.rows[row][*id];
        if (session.starts_with("ses-")) session.erase(0, 4);
        const bool used = std::any_of(study.runs.begin(), study.runs.end(), [&](const RunInput& run) {
            return run.subject == subject && run.session == session;
        });
        if (!used) continue;
        ++joined;
        for (std::size_t c = 0; c < sessions.columns.size(); ++c) {
            if (c == *id) continue;
            const std::string value = sessions.rows[row][c];
            rowOf(study, subject);
            const std::size_t column = columnOf(study.participants, sessions.columns[c] + "_ses-" + session);
            rowOf(study, subject)[column] = value;
        }
    }
    return joined;
}

}  // namespace chronnect
