#include "core/imaging/detail/DicomPictures.h"

#include "core/base/Error.h"

#include <exception>

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

DicomPictures decodeDicomPictures(const std::filesystem::path& path) {
    using Image = itk::Image<float, 3>;
    try {
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
        const float* first = image->GetBufferPointer();
        return {{size[0], size[1], size[2]}, {first, first + size[0] * size[1] * size[2]}};
    } catch (const std::exception&) {  // of ITK, of GDCM, or out of memory
        throw Error(ErrorKind::BadInput, "A file of the DICOM series cannot be decoded; copy the folder again");
    }
}

#else

DicomPictures decodeDicomPictures(const std::filesystem::path&) {
    throw Error(ErrorKind::Unsupported,
                "This build decodes no compressed DICOM pictures; convert the folder with dcm2niix first");
}

#endif

}  // namespace chronnect::detail
