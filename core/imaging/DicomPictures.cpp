#include "core/imaging/detail/DicomPictures.h"

#include "core/base/Error.h"

#ifdef CHRONNECT_HAVE_ITK
#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#endif

namespace chronnect::detail {

#ifdef CHRONNECT_HAVE_ITK

DicomPictures decodeDicomPictures(const std::filesystem::path& path) {
    using Image = itk::Image<float, 3>;
    try {
        itk::Object::SetGlobalWarningDisplay(false);  // its remarks may quote what stands in the file
        auto reader = itk::ImageFileReader<Image>::New();
        reader->SetImageIO(itk::GDCMImageIO::New());
        reader->SetFileName(path.string());
        reader->Update();
        const Image* image = reader->GetOutput();
        const auto size = image->GetLargestPossibleRegion().GetSize();
        const float* first = image->GetBufferPointer();
        return {{size[0], size[1], size[2]}, {first, first + size[0] * size[1] * size[2]}};
    } catch (const itk::ExceptionObject&) {
        throw Error(ErrorKind::BadInput, "A file of the DICOM series cannot be decoded; copy the folder again");
    }
}

#else

DicomPictures decodeDicomPictures(const std::filesystem::path&) {
    throw Error(ErrorKind::Unsupported, "This build decodes no compressed DICOM pictures; convert the folder with dcm2niix first");
}

#endif

}  // namespace chronnect::detail
