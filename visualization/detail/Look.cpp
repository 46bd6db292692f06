#include "visualization/detail/Look.h"

#include <vtkLight.h>
#include <vtkNew.h>
#include <vtkShaderProperty.h>

#include <string>

namespace chronnect {

void makeGlass(vtkActor* actor, double facing, double rim) {
    actor->GetProperty()->SetInterpolationToPhong();
    actor->GetProperty()->SetAmbient(1.0);
    actor->GetProperty()->SetSpecular(0.3);
    actor->GetProperty()->SetSpecularPower(25);
    actor->GetProperty()->BackfaceCullingOn();  // the far wall would only grey the regions before it
    actor->GetProperty()->SetOpacity(0.5);  // puts the actor in the translucent pass; the shader decides
    actor->GetShaderProperty()->AddFragmentShaderReplacement(
        "//VTK::Light::Impl", true,
        "//VTK::Light::Impl\n"
        "  float glassRim = 1.0 - abs(normalize(normalVCVSOutput).z);\n"
        "  gl_FragData[0] = vec4(ambientColor + 0.5 * specular, " +
            std::to_string(facing) + " + " + std::to_string(rim) + " * glassRim * glassRim * glassRim);\n",
        false);
}

void addLight(vtkRenderer* renderer, double x, double y, double z, double intensity) {
    vtkNew<vtkLight> light;
    light->SetLightTypeToCameraLight();
    light->SetPosition(x, y, z);
    light->SetFocalPoint(0, 0, 0);
    light->SetIntensity(intensity);
    renderer->AddLight(light);
}

void setColour(vtkProperty* property, const Rgb& colour) {
    property->SetColor(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0);
}

}  // namespace chronnect
