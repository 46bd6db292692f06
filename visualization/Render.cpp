#include "visualization/Render.h"

#include "core/base/Error.h"
#include "core/data/Connectivity.h"

#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace chronnect {
namespace {

void check(const RenderRequest& request) {
    const std::size_t count = request.parcellation.regions.size();
    const auto refuse = [](const std::string& why) {
        throw Error(ErrorKind::BadInput, "Cannot draw the connectome: " + why);
    };
    if (request.width < 16 || request.height < 16 || request.width > 16384 || request.height > 16384)
        refuse("the picture must be 16 to 16384 pixels wide and high");
    if (!request.weights.empty() && request.weights.size() != edgeCountOf(count))
        refuse(std::to_string(request.weights.size()) + " weights do not fit " + std::to_string(count) + " regions (" +
               std::to_string(edgeCountOf(count)) + " pairs)");
    if (!request.regionValues.empty() && request.regionValues.size() != count)
        refuse(std::to_string(request.regionValues.size()) + " values do not fit " + std::to_string(count) +
               " regions");
}

/// VTK ends the program when it is told to open an X window and there is no X server.
void checkDisplay() {
#if defined(__linux__)
    const char* display = std::getenv("DISPLAY");
    if (!display || !*display)
        throw Error(ErrorKind::Unsupported,
                    "Cannot draw the connectome without a display: run the command under xvfb-run -a");
#endif
}

}  // namespace

Picture renderConnectome(const RenderRequest& request) {
    check(request);
    ConnectomeScene scene;
    scene.setDark(request.dark);
    scene.setParcellation(request.parcellation);
    if (scene.locatedRegionCount() == 0)
        throw Error(ErrorKind::Unsupported,
                    "Cannot draw the connectome: no region has coordinates; use an atlas whose table gives x, y and z");
    checkDisplay();
    if (!request.outline.values.empty()) scene.setOutline(request.outline);
    scene.showOutline(request.showOutline);
    scene.showLabels(request.showLabels);
    scene.setEdges(request.weights, request.threshold);
    scene.setRegionValues(request.regionValues);
    scene.setSelection(request.selectedRegion, {-1, -1});
    scene.setTextScale(std::max(1.0, std::min(request.width, request.height) / 800.0));
    scene.setStandardView(request.view);
    if (request.camera) scene.setCamera(*request.camera);

    vtkNew<vtkRenderWindow> window;
    window->SetOffScreenRendering(1);
    window->SetMultiSamples(0);
    window->SetAlphaBitPlanes(1);
    window->SetSize(request.width, request.height);
    window->AddRenderer(scene.renderer());
    window->Render();
    vtkNew<vtkUnsignedCharArray> pixels;
    window->GetPixelData(0, 0, request.width - 1, request.height - 1, 0, pixels);
    window->RemoveRenderer(scene.renderer());

    Picture picture{request.width, request.height, {}};
    const std::size_t row = static_cast<std::size_t>(request.width) * 3;
    picture.rgb.resize(row * request.height);
    for (int y = 0; y < request.height; ++y)
        std::memcpy(picture.rgb.data() + y * row, pixels->GetPointer(0) + (request.height - 1 - y) * row, row);
    return picture;
}

std::vector<std::uint8_t> encodePng(const Picture& picture) {
    vtkNew<vtkImageData> image;
    image->SetDimensions(picture.width, picture.height, 1);
    image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
    const std::size_t row = static_cast<std::size_t>(picture.width) * 3;
    for (int y = 0; y < picture.height; ++y)
        std::memcpy(image->GetScalarPointer(0, picture.height - 1 - y, 0), picture.rgb.data() + y * row, row);
    vtkNew<vtkPNGWriter> writer;
    writer->SetInputData(image);
    writer->WriteToMemoryOn();
    writer->Write();
    vtkUnsignedCharArray* bytes = writer->GetResult();
    const std::uint8_t* begin = bytes->GetPointer(0);
    return {begin, begin + bytes->GetNumberOfValues()};
}

}  // namespace chronnect
