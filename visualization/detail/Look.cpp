#include "visualization/detail/Look.h"

#include <vtkShaderProperty.h>

#include <string>

namespace chronnect {

void makeMatte(vtkActor* actor, double gloss) {
    actor->GetProperty()->SetInterpolationToPhong();
    actor->GetProperty()->SetDiffuse(1.0);
    actor->GetShaderProperty()->AddFragmentShaderReplacement(
        "//VTK::Light::Impl", true,
        "  float key = max(0.0, dot(normalVCVSOutput, vec3(-0.353, 0.510, 0.784)));\n"
        "  float fill = max(0.0, dot(normalVCVSOutput, vec3(0.830, -0.230, 0.508)));\n"
        "  float shine = max(0.0, dot(normalVCVSOutput, vec3(-0.187, 0.270, 0.944)));\n"
        "  shine *= shine; shine *= shine; shine *= shine; shine *= shine; shine *= shine;\n"
        "  gl_FragData[0] = vec4(diffuseColor * (0.24 + 0.74 * key + 0.26 * fill) + vec3(" +
            std::to_string(gloss) + " * shine), opacity);\n",
        false);
}

void makeGlass(vtkActor* actor, double facing, double rim) {
    actor->GetProperty()->SetInterpolationToPhong();
    actor->GetProperty()->SetDiffuse(1.0);
    actor->GetProperty()->BackfaceCullingOn();  // the far wall would only grey the regions before it
    actor->GetProperty()->SetOpacity(0.5);      // puts the actor in the translucent pass; the shader decides
    actor->GetShaderProperty()->AddFragmentShaderReplacement(
        "//VTK::Light::Impl", true,
        "  float rim = 1.0 - abs(normalVCVSOutput.z);\n"
        "  float sheen = max(0.0, dot(normalVCVSOutput, vec3(-0.187, 0.560, 0.807)));\n"
        "  sheen *= sheen; sheen *= sheen; sheen *= sheen; sheen *= sheen;\n"
        "  gl_FragData[0] = vec4(diffuseColor, " +
            std::to_string(facing) + " + " + std::to_string(rim) + " * rim * rim * rim + 0.07 * sheen);\n",
        false);
}

void setColour(vtkProperty* property, const Rgb& colour) {
    property->SetColor(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0);
}

}  // namespace chronnect
