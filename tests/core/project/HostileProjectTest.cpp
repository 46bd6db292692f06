#include "ProjectSamples.h"
#include "tests/support/TestPaths.h"

#include "core/base/Files.h"
#include "core/base/Random.h"
#include "core/project/ProjectFile.h"
#include "core/project/detail/Checksum.h"
#include "core/store/detail/Hdf5.h"

#include <gtest/gtest.h>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

class HostileProjectTest : public ::testing::Test {
protected:
    HostileProjectTest() : m_path(m_folder.path() / "p.chronnect") {
        saveProject(m_path, test::sampleProject(m_folder.path() / "study"), Json());
        m_good = readFile(m_path);
    }

    /// The sentence with which opening is refused; empty when it was not.
    std::string refusal() const {
        try {
            openProject(m_path);
            return {};
        } catch (const Error& error) {
            return error.what();
        }
    }
    void write(const std::string& bytes) const { writeFileAtomically(m_path, bytes); }

    /// Alters the HDF5 part behind a right digest, as somebody with a tool would.
    template <class Change>
    void forge(Change change) const {
        write(m_good);
        const hid_t file = H5Fopen(m_path.string().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        ASSERT_GE(file, 0);
        change(file);
        H5Fclose(file);
        detail::sealFile(m_path, projectFormatVersion);
    }

    test::TemporaryFolder m_folder;
    fs::path m_path;
    std::string m_good;
};

TEST_F(HostileProjectTest, RefusesWhatIsNoProject) {
    EXPECT_THROW(openProject(m_folder.path() / "missing.chronnect"), Error);
    EXPECT_THROW(openProject(m_folder.path()), Error);
    for (const std::string& bytes : {std::string(), std::string("hello"), std::string(5000, '\0'), m_good.substr(512),
                                     std::string("CHRONNECT PROJECT "), std::string("CHRONNECT PROJECT -3\n")}) {
        write(bytes);
        EXPECT_NE(refusal().find("is not a Chronnect project"), std::string::npos) << refusal();
    }
}

TEST_F(HostileProjectTest, RefusesANewerVersionWithASentence) {
    write(m_good);
    detail::sealFile(m_path, projectFormatVersion + 1);
    EXPECT_NE(refusal().find("newer version of Chronnect"), std::string::npos) << refusal();
    EXPECT_NE(refusal().find("update the program"), std::string::npos) << refusal();
}

TEST_F(HostileProjectTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < m_good.size(); size += 997) {
        write(m_good.substr(0, size));
        EXPECT_FALSE(refusal().empty()) << size;
    }
    write(m_good.substr(0, m_good.size() - 1));
    EXPECT_NE(refusal().find("damaged or cut short"), std::string::npos) << refusal();
}

TEST_F(HostileProjectTest, RefusesEveryFlippedByte) {
    Random random(1);
    for (int i = 0; i < 300; ++i) {
        std::string bytes = m_good;
        const std::size_t at = random.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        write(bytes);
        EXPECT_FALSE(refusal().empty()) << at;
    }
}

TEST_F(HostileProjectTest, AllocatesNothingThatTheFileOnlyDeclares) {
    forge([](hid_t file) {
        const char* name = "/results/run_0/cleaned/values";
        H5Ldelete(file, name, H5P_DEFAULT);
        const hsize_t huge[2] = {hsize_t{1} << 40, 4}, chunk[2] = {1024, 4};
        const hid_t space = H5Screate_simple(2, huge, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(properties, 2, chunk);
        H5Dclose(H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
        H5Pclose(properties);
        H5Sclose(space);
    });
    EXPECT_NE(refusal().find("declares more values than it stores"), std::string::npos) << refusal();
}

TEST_F(HostileProjectTest, RefusesMissingAndMisshapenParts) {
    for (const char* name : {"/study", "/view", "/spec/analysis", "/results/run_1/cleaned/regions",
                             "/models/pretrained/model", "/results/run_0/extracted/coverage", "/models"}) {
        forge([&](hid_t file) { H5Ldelete(file, name, H5P_DEFAULT); });
        EXPECT_NE(refusal().find("is missing"), std::string::npos) << name << ": " << refusal();
    }
    const auto replaceText = [](hid_t file, const char* name, const std::string& text) {
        H5Ldelete(file, name, H5P_DEFAULT);
        const detail::H5Group root(detail::H5Handle(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose), "/");
        root.writeText(name + 1, text);
    };
    for (const std::string& text : {std::string("not json"), std::string("[1, 2"), std::string("{\"runs\": 7}")}) {
        forge([&](hid_t file) { replaceText(file, "/study", text); });
        if (text.back() != '}')
            EXPECT_FALSE(refusal().empty()) << text;
        else
            EXPECT_TRUE(refusal().empty()) << refusal();  // a study without runs is allowed
    }
    forge([&](hid_t file) { replaceText(file, "/spec/analysis", R"({"window": {"length": "many"}})"); });
    EXPECT_FALSE(refusal().empty());
    forge([&](hid_t file) { replaceText(file, "/results/run_0/cleaned/regions", R"(["a", "b"])"); });
    EXPECT_NE(refusal().find("belong"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace chronnect
