#include "core/pipeline/SeriesCache.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/imaging/Gifti.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t sampleBytes = std::size_t{1} << 20;

/// First and last megabyte: the last one holds the checksum of a .gz file, so that any change inside shows.
std::string sampleOf(const fs::path& file, std::uintmax_t size) {
    std::ifstream stream(file, std::ios::binary);
    std::string head(static_cast<std::size_t>(std::min<std::uintmax_t>(size, sampleBytes)), '\0');
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    std::string tail;
    if (size > sampleBytes) {
        tail.resize(static_cast<std::size_t>(std::min<std::uintmax_t>(size - sampleBytes, sampleBytes)));
        stream.seekg(static_cast<std::streamoff>(size - tail.size()));
        stream.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    }
    return head + tail;
}

std::string folderText(const fs::path& folder, const JobContext& context) {
    std::vector<std::string> lines;
    std::error_code problem;
    for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, problem), end;
         !problem && at != end; at.increment(problem)) {
        context.throwIfCancelled();
        std::error_code ignored;
        if (!at->is_regular_file(ignored)) continue;
        lines.push_back(at->path().lexically_relative(folder).generic_string() + " " +
                        std::to_string(at->file_size(ignored)) + " " +
                        std::to_string(at->last_write_time(ignored).time_since_epoch().count()) + "\n");
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines) text += line;
    return text;
}

template <class T>
Json numbersOf(const std::vector<T>& values) {
    Json list = Json::array();
    for (const auto value : values) list.push(Json(static_cast<double>(value)));
    return list;
}

template <class T>
std::vector<T> valuesOf(const Json& list) {
    std::vector<T> values;
    for (const auto& item : list.items()) values.push_back(static_cast<T>(item.number()));
    return values;
}

}  // namespace

std::string SeriesCache::hashOf(const std::vector<fs::path>& files, const JobContext& context) {
    std::string text;
    for (const auto& file : files) {
        context.throwIfCancelled();
        std::error_code notThere;
        if (fs::is_directory(file,
                             notThere)) {  // a DICOM series: thousands of small files, told apart by size and time
            text += folderText(file, context);
            continue;
        }
        std::error_code problem;
        const auto size = file.empty() ? 0 : fs::file_size(file, problem);
        if (file.empty() || problem) {
            text += "absent\n";
            continue;
        }
        const auto changed = fs::last_write_time(file, problem).time_since_epoch().count();
        text += std::to_string(size) + " " + std::to_string(changed) + " " + sha256(sampleOf(file, size)) + "\n";
    }
    return sha256(text);
}

std::string SeriesCache::keyOf(const RunInput& run, const std::string& atlasKey, const ExtractionSpec& spec,
                               const JobContext& context) {
    // What was said about a file of ready series; images have neither, and keep the keys they had.
    const std::string said = run.timeAxis == TimeAxis::Automatic && run.variable.empty()
                                 ? std::string()
                                 : "axis " + std::to_string(static_cast<int>(run.timeAxis)) + " of " + run.variable;
    return sha256(hashOf({run.bold, isGifti(run.bold) ? otherHemisphere(run.bold) : fs::path{},
                          spec.useMask ? run.mask : fs::path{}, run.series},
                         context) +
                  atlasKey + toJson(spec).dump(-1) + Json(run.repetitionTime).dump(-1) + said +
                  std::string(versionText()))
        .substr(0, 40);
}

std::optional<ExtractedSeries> SeriesCache::find(const std::string& key) const {
    std::error_code problem;
    if (!enabled() || !fs::exists(pathOf(key), problem)) return std::nullopt;
    try {
        const std::string bytes = readFile(pathOf(key));
        const std::size_t end = bytes.find('\n');
        if (end == std::string::npos) return std::nullopt;
        const Json head = Json::parse(std::string_view(bytes).substr(0, end));
        ExtractedSeries result;
        for (const auto& name : head["regions"].items()) result.series.regions.push_back(name.text());
        result.series.repetitionTime = head["repetition_time"].number();
        result.series.volumes = valuesOf<int>(head["volumes"]);
        const auto count = static_cast<std::size_t>(head["values"].number());
        const std::string_view body = std::string_view(bytes).substr(end + 1);
        if (body.size() != count * sizeof(double) || head["sha256"].text() != sha256(body)) return std::nullopt;
        result.series.values.resize(count);
        std::memcpy(result.series.values.data(), body.data(), body.size());
        result.coverage = {valuesOf<std::size_t>(head["atlas_voxels"]), valuesOf<std::size_t>(head["grid_voxels"]),
                           valuesOf<std::size_t>(head["used_voxels"]), valuesOf<double>(head["coverage"])};
        for (const auto& notice : head["notices"].items())
            result.notices.push_back(
                {static_cast<Severity>(static_cast<int>(notice["severity"].number())), notice["text"].text()});
        return result;
    } catch (const Error&) {
        return std::nullopt;  // a damaged entry is made anew
    }
}

bool SeriesCache::store(const std::string& key, const ExtractedSeries& extracted) const {
    if (!enabled()) return false;
    static_assert(std::endian::native == std::endian::little, "the cache is written as it lies in memory");
    const auto& values = extracted.series.values;
    const std::string_view body(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    Json notices = Json::array();
    for (const auto& notice : extracted.notices)
        notices.push(Json::object().set("severity", static_cast<int>(notice.severity)).set("text", notice.text));
    const Json head = Json::object()
                          .set("regions", Json(extracted.series.regions))
                          .set("repetition_time", extracted.series.repetitionTime)
                          .set("volumes", numbersOf(extracted.series.volumes))
                          .set("values", values.size())
                          .set("atlas_voxels", numbersOf(extracted.coverage.atlasVoxels))
                          .set("grid_voxels", numbersOf(extracted.coverage.gridVoxels))
                          .set("used_voxels", numbersOf(extracted.coverage.usedVoxels))
                          .set("coverage", numbersOf(extracted.coverage.coverage))
                          .set("notices", std::move(notices))
                          .set("sha256", sha256(body));
    try {
        fs::create_directories(m_folder);
        std::string bytes = head.dump(-1) + "\n";
        bytes += body;
        writeFileAtomically(pathOf(key), bytes);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace chronnect
