#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Gifti.h"
#include "core/imaging/ImageScan.h"
#include "core/pipeline/InspectKinds.h"

#include <cmath>

namespace chronnect::detail {

namespace {

std::string formatOf(const NiftiHeader& header) {
    const std::string name = header.version == 0 ? "Analyze 7.5" : "NIfTI-" + std::to_string(header.version);
    return name + (header.compressed ? ", compressed" : "");
}

std::vector<double> voxelSize(const VoxelGrid& grid) {
    std::vector<double> size;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double length = std::hypot(grid.affine[axis], grid.affine[4 + axis], grid.affine[8 + axis]);
        size.push_back(std::round(1e4 * length) / 1e4);
    }
    return size;
}

void addValueNotices(const ImageScan& scan, FileReport& report) {
    if (scan.notFinite > 0)
        report.notices.push_back(
            {Severity::Warning, countText(scan.notFinite, "voxel value") +
                                    (scan.notFinite == 1 ? " is not a number (NaN or infinite); it is"
                                                         : " are not numbers (NaN or infinite); they are") +
                                    " left out of every mean"});
    const std::size_t voxels = scan.header.grid.voxelCount();
    if (scan.header.volumes > 1 && scan.constantVoxels == voxels)
        report.notices.push_back(
            {Severity::Blocking, "Every voxel is constant over time: there is no signal to correlate"});
    else if (scan.header.volumes == 1 && scan.minimum == scan.maximum)
        report.notices.push_back({Severity::Warning, "Every voxel has the same value"});
    if (scan.header.volumes == 1)
        report.notices.push_back({Severity::Information, "This is a single volume: region series need a 4-D image"});
    else if (scan.header.volumes < 10)
        report.notices.push_back({Severity::Blocking, "There are only " + std::to_string(scan.header.volumes) +
                                                          " volumes: too few for any connectivity"});
}

/// One side of a CIFTI matrix in words.
Json axisFacts(const CiftiAxis& axis) {
    using Kind = CiftiAxis::Kind;
    constexpr const char* names[] = {"time series", "brain models", "parcels", "labels", "scalars"};
    Json json = Json::object();
    json.set("kind", names[static_cast<std::size_t>(axis.kind)]).set("size", axis.size);
    if (axis.kind == Kind::BrainModels) {
        Json structures = Json::array();
        for (const CiftiBlock& block : axis.blocks) structures.push(block.structure);
        json.set("structures", std::move(structures));
    }
    if (!axis.names.empty()) json.set("names", axis.names);
    return json;
}

FileReport inspectCifti(const std::filesystem::path& path) {
    const CiftiHeader header = readCiftiHeader(path);
    FileReport report{"CIFTI " + header.kind(), Json::object(), header.notices};
    report.facts.set("format", "CIFTI-2").set("data_type", header.dataType);
    for (const CiftiAxis* axis : {&header.along, &header.down})
        if (axis->kind == CiftiAxis::Kind::Series)
            addSeriesFacts(report, {(axis == &header.along ? header.down : header.along).size, axis->size, axis->step});
    if (header.kind() == "pconn")
        report.notices.push_back({Severity::Information,
                                  "This is a matrix of connectivity between parcels, without a series over time: it "
                                  "can be looked at; 'chronnect-cli connectivity FILE --static' writes it in other "
                                  "forms, 'chronnect-cli render FILE' draws it"});
    report.facts.set("along_rows", axisFacts(header.along)).set("down_columns", axisFacts(header.down));
    return report;
}

}  // namespace

FileReport inspectGifti(const std::filesystem::path& path) {
    const GiftiFile file = readGifti(path);
    FileReport report{file.kind(), Json::object(), file.notices};
    report.facts.set("format", "GIFTI").set("arrays", file.arrays.size());
    if (report.kind == "GIFTI surface") {
        try {
            const SurfaceMesh mesh = readSurface(path);
            report.facts.set("points", mesh.points.size()).set("triangles", mesh.triangles.size());
        } catch (const Error& error) {  // its arrays are readable all the same
            report.notices.push_back({Severity::Blocking, error.what()});
        }
    } else if (report.kind == "GIFTI series") {
        std::size_t volumes = 0;
        for (const GiftiArray& array : file.arrays) volumes += array.shape.size() == 2 ? array.shape[1] : 1;
        report.facts.set("vertices", file.arrays[0].rows());
        addSeriesFacts(report, {file.arrays[0].rows(), volumes, file.timeStep});
    } else {
        report.facts.set("vertices", file.arrays[0].rows());
    }
    constexpr const char* sides[] = {"not stated", "left", "right", "both"};
    report.facts.set("hemisphere", sides[static_cast<std::size_t>(file.hemisphere)]);
    if (!file.labels.empty()) report.facts.set("labels", file.labels.size());
    return report;
}

FileReport inspectImage(const std::filesystem::path& path, const JobContext& context) {
    if (isCifti(path)) return inspectCifti(path);
    const ImageScan scan = scanImage(path, context);
    const NiftiHeader& header = scan.header;
    FileReport report{imageKind(scan), Json::object(), header.notices};
    report.facts.set("format", formatOf(header));
    report.facts.set("size", std::vector<std::size_t>(header.grid.size.begin(), header.grid.size.end()));
    report.facts.set("voxel_size_mm", voxelSize(header.grid)).set("volumes", header.volumes);
    if (header.volumes > 1) {
        report.facts.set("repetition_time_s", header.repetitionTime > 0 ? Json(header.repetitionTime) : Json());
        if (header.repetitionTime > 0)
            report.facts.set("duration_s", header.repetitionTime * static_cast<double>(header.volumes));
    }
    report.facts.set("data_type", header.dataType).set("byte_order", header.bigEndian ? "big endian" : "little endian");
    if (header.slope != 1.0 || header.intercept != 0.0)
        report.facts.set("slope", header.slope).set("intercept", header.intercept);
    report.facts.set("orientation",
                     header.orientationFrom == "none" ? std::string("not stated") : axisCodes(header.grid));
    report.facts.set("orientation_from", header.orientationFrom);
    report.facts.set("minimum", scan.minimum).set("maximum", scan.maximum).set("not_finite", scan.notFinite);
    if (header.volumes > 1) report.facts.set("constant_voxels", scan.constantVoxels);
    if (report.kind == "label image") report.facts.set("labels", scan.distinctValues - (scan.minimum == 0 ? 1 : 0));
    addValueNotices(scan, report);
    return report;
}

}  // namespace chronnect::detail
