#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect::detail {

/// Group and element number of a DICOM element: 0x00280010 for (0028,0010).
using DicomTag = std::uint32_t;

/// The elements of a data set or of one item of a sequence. Long values are left out.
struct DicomItem {
    std::map<DicomTag, std::string> values;
    std::map<DicomTag, std::vector<DicomItem>> sequences;
    bool bigEndian = false;

    std::string text(DicomTag tag) const;             ///< without padding; empty when missing
    std::vector<double> numbers(DicomTag tag) const;  ///< of texts parted by '\'; what is no number is 0
    double number(DicomTag tag) const;                ///< the first of them, or 0
    std::size_t whole(DicomTag tag) const;            ///< US or UL, or 0
    std::vector<double> doubles(DicomTag tag) const;  ///< FD
    const DicomItem* first(DicomTag sequence) const;  ///< its first item, or null
};

/// Where the pixels are and how they are stored.
struct DicomHeader {
    DicomItem data;
    std::string transferSyntax;
    bool encapsulated = false;      ///< the pixels are compressed pictures
    std::uint64_t pixelOffset = 0;  ///< 0 when the file holds no pixels
    std::uint64_t pixelBytes = 0;   ///< stated; 0 when encapsulated
};

/// Everything before the pixels. `complete` tells that `bytes` is the whole file; else an element beyond the end gives
/// `needsMore`. Throws Error(BadInput) when an element does not hold together, Error(Unsupported) for deflated files.
DicomHeader parseDicomHeader(std::string_view bytes, bool complete, bool& needsMore, const std::string& what);

/// Reads as much of the file as its header takes.
DicomHeader readDicomHeader(const std::filesystem::path& path);

/// Values of a Siemens CSA header (0029,1010) by name; empty when it is none. Throws nothing.
std::vector<std::string> csaValues(std::string_view csa, std::string_view name);

}  // namespace chronnect::detail
