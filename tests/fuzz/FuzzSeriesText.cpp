#include "core/io/SeriesSources.h"
#include "core/io/Text.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const std::string content = text::toUtf8(std::string(fuzz::textOf(data, size)), "The file");
        const NumericMatrix matrix = parseSeriesText(content);
        if (matrix.values.size() != matrix.rows * matrix.columns) __builtin_trap();
        if (!matrix.columnNames.empty() && matrix.columnNames.size() != matrix.columns) __builtin_trap();
        if (!matrix.rowNames.empty() && matrix.rowNames.size() != matrix.rows) __builtin_trap();
        Notices notices;
        guessTimeAxis(matrix, notices);
    });
}
