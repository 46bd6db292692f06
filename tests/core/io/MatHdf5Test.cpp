#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <hdf5.h>

#include <fstream>

using namespace chronnect;

namespace {

namespace fs = std::filesystem;

void addDataset(hid_t file, const char* name, const std::vector<hsize_t>& dims, const std::vector<double>& values,
                const char* type, bool chunked = false) {
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    if (chunked) {
        H5Pset_chunk(properties, static_cast<int>(dims.size()), dims.data());
        H5Pset_deflate(properties, 3);
    }
    const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (!values.empty()) H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, std::string(type).size());
    const hid_t scalar = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(set, "MATLAB_class", text, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, text, type);
    for (const auto& [id, close] : std::vector<std::pair<hid_t, herr_t (*)(hid_t)>>{{attribute, H5Aclose},
                                                                                    {scalar, H5Sclose},
                                                                                    {text, H5Tclose},
                                                                                    {set, H5Dclose},
                                                                                    {properties, H5Pclose},
                                                                                    {space, H5Sclose}})
        close(id);
}

/// A file as MATLAB 7.3 writes it: a 512-byte text block, then HDF5 with the axes in reverse.
fs::path makeFile(const fs::path& folder, bool withSeries) {
    const fs::path path = folder / "s.mat";
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 512);
    const hid_t file = H5Fcreate(path.string().c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    if (withSeries) {
        std::vector<double> values;
        for (int region = 0; region < 3; ++region)
            for (int volume = 0; volume < 20; ++volume) values.push_back(1000 * region + (volume * volume) % 7);
        addDataset(file, "ts", {3, 20}, values, "double", true);
        addDataset(file, "label", {1, 3}, {65, 66, 67}, "char");
    }
    addDataset(file, "claim", {100000, 100000}, {}, "double");
    H5Fclose(file);
    H5Pclose(creation);
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream << "MATLAB 7.3 MAT-file, Platform: GLNXA64";
    return path;
}

}  // namespace

TEST(MatHdf5, ReadsMatlab73WithReversedAxes) {
    const test::TemporaryFolder folder;
    const auto path = makeFile(folder.path(), true);
    SeriesReadSpec spec;
    spec.variable = "ts";
    const SeriesFile file = readSeries(path, spec);
    EXPECT_EQ(file.variables, (std::vector<std::string>{"claim", "ts"})) << "texts are no series";
    EXPECT_EQ(file.timeAxis, TimeAxis::Rows);
    ASSERT_EQ(file.series.volumeCount(), 20u);
    ASSERT_EQ(file.series.regionCount(), 3u);
    EXPECT_EQ(file.series.at(5, 2), 2000 + 25 % 7);
}

TEST(MatHdf5, RefusesClaimsTheFileCannotHold) {
    const test::TemporaryFolder folder;
    const auto path = makeFile(folder.path(), false);
    try {
        readSeries(path);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("claims more values"), std::string::npos) << error.what();
    }
    const std::string bytes = readFile(path);
    for (const std::size_t length : {std::size_t{520}, std::size_t{700}, bytes.size() / 2, bytes.size() - 1}) {
        writeFileAtomically(folder.path() / "cut.mat", std::string_view(bytes).substr(0, length));
        EXPECT_THROW(readSeries(folder.path() / "cut.mat"), Error) << length;
    }
}

TEST(MatHdf5, FollowsNothingOutOfTheFile) {
    const test::TemporaryFolder folder;
    const auto secret = makeFile(folder.path(), true);
    fs::rename(secret, folder.path() / "secret.mat");
    const fs::path path = folder.path() / "s.mat";
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 512);
    const hid_t file = H5Fcreate(path.string().c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    H5Lcreate_external((folder.path() / "secret.mat").string().c_str(), "/ts", file, "linked", H5P_DEFAULT,
                       H5P_DEFAULT);
    const hsize_t dims[2] = {2, 30};
    const hid_t space = H5Screate_simple(2, dims, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, (folder.path() / "secret.mat").string().c_str(), 0, H5F_UNLIMITED);
    H5Dclose(H5Dcreate2(file, "outside", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(creation);
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "MATLAB 7.3 MAT-file, Platform: GLNXA64";
    EXPECT_THROW(readSeries(path), Error);
    for (const char* name : {"linked", "outside"}) {
        SeriesReadSpec spec;
        spec.variable = name;
        EXPECT_THROW(readSeries(path, spec), Error) << name;
    }
}
