#include "core/imaging/Cifti.h"
#include "core/imaging/detail/CiftiXml.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// Input that starts like XML goes to the parser of the description, the rest through whole files of every kind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".nii");
    const std::string_view content = fuzz::textOf(data, size);
    if (content.starts_with("<")) return fuzz::refuseOrAccept([&] { detail::parseCiftiXml(content, {3, 2}, "input"); });
    return fuzz::refuseOrAccept([&] {
        const auto& path = file.fill(content);
        const CiftiHeader header = readCiftiHeader(path);
        if (header.kind() == "ptseries")
            readCiftiSeries(path);
        else if (header.kind() == "pconn")
            readCiftiConnectivity(path);
        else if (header.kind() == "dlabel")
            readCiftiParcellation(path);
    });
}
