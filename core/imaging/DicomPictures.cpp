#include "core/imaging/detail/DicomPictures.h"

#include "core/base/Error.h"
#include "core/imaging/detail/Apart.h"

#include <algorithm>
#include <cstring>

#ifdef CHRONNECT_HAVE_ITK
#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#endif
#ifdef CHRONNECT_HAVE_GDCM_TRACE
#include <gdcmTrace.h>
#endif

namespace chronnect::detail {

#ifdef CHRONNECT_HAVE_ITK

namespace {

/// Longest time for one file; a loop without end in a decoder ends here.
constexpr std::chrono::seconds longestDecoding{60};

/// Three sides, then the values.
std::string decoded(const std::filesystem::path& path) {
    using Image = itk::Image<float, 3>;
    // Remarks of the libraries go to the terminal and may quote what stands in the file.
    itk::Object::SetGlobalWarningDisplay(false);
#ifdef CHRONNECT_HAVE_GDCM_TRACE
    gdcm::Trace::WarningOff();
    gdcm::Trace::SetError(false);
    gdcm::Trace::SetDebug(false);
#endif
    auto reader = itk::ImageFileReader<Image>::New();
    reader->SetImageIO(itk::GDCMImageIO::New());
    reader->SetFileName(path.string());
    reader->Update();
    const Image* image = reader->GetOutput();
    const auto size = image->GetLargestPossibleRegion().GetSize();
    const std::array<std::size_t, 3> sides{size[0], size[1], size[2]};
    std::string bytes(reinterpret_cast<const char*>(sides.data()), sizeof sides);
    return bytes.append(reinterpret_cast<const char*>(image->GetBufferPointer()),
                        size[0] * size[1] * size[2] * sizeof(float));
}

}  // namespace

DicomPictures decodeDicomPictures(const std::filesystem::path& path) {
    const auto bytes = madeApart([&] { return decoded(path); }, longestDecoding);
    DicomPictures pictures;
    const std::size_t head = sizeof pictures.size;
    // A decoder that damaged its memory may have lived on, so its answer is not taken on trust.
    if (bytes && bytes->size() >= head) std::memcpy(pictures.size.data(), bytes->data(), head);
    const auto [columns, rows, frames] = pictures.size;
    const bool plausible = std::max({columns, rows, frames}) < (std::size_t{1} << 20);
    if (!bytes || !plausible || bytes->size() != head + columns * rows * frames * sizeof(float))
        throw Error(ErrorKind::BadInput, "A file of the DICOM series cannot be decoded; copy the folder again");
    pictures.values.resize(columns * rows * frames);
    std::memcpy(pictures.values.data(), bytes->data() + head, bytes->size() - head);
    return pictures;
}

#else

DicomPictures decodeDicomPictures(const std::filesystem::path&) {
    throw Error(ErrorKind::Unsupported,
                "This build decodes no compressed DICOM pictures; convert the folder with dcm2niix first");
}

#endif

}  // namespace chronnect::detail
