#include "core/io/DicomFiles.h"

#include <fstream>
#include <string_view>
#include <system_error>

namespace chronnect {

namespace fs = std::filesystem;

bool isDicomFile(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return false;  // a pipe would never answer
    std::ifstream file(path, std::ios::binary);
    char start[132] = {};
    return file.read(start, sizeof start) && std::string_view(start + 128, 4) == "DICM";
}

bool holdsDicom(const fs::path& folder, const JobContext& context) {
    constexpr int mostFiles = 300;  // a folder of anything else is not searched to its end
    std::error_code error;
    int seen = 0;
    for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end && seen < mostFiles; at.increment(error)) {
        context.throwIfCancelled();
        if (isDicomFile(at->path())) return true;
        ++seen;
    }
    return false;
}

}  // namespace chronnect
