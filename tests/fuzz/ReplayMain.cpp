// Feeds every file named on the command line, or in the folders named there, to the fuzz target: with any compiler, and
// as a test, so that what a fuzzer once found stays fixed.
#include "tests/fuzz/Fuzz.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;

std::size_t replay(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    // Every beginning of a small file too: being cut off is the commonest damage.
    const std::size_t step = content.size() / 200 + 1;
    std::size_t runs = 0;
    for (std::size_t length = 0; length < content.size(); length += step, ++runs)
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), length);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
    return runs + 1;
}

}  // namespace

int main(int count, char** arguments) {
    std::size_t runs = 0;
    for (int i = 1; i < count; ++i) {
        if (!fs::is_directory(arguments[i])) {
            runs += replay(arguments[i]);
            continue;
        }
        for (const auto& entry : fs::directory_iterator(arguments[i])) runs += replay(entry.path());
    }
    std::printf("%zu inputs\n", runs);
    return runs > 0 ? 0 : 1;
}
