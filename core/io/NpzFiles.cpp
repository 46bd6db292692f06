#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/Bytes.h"
#include "core/io/SeriesSources.h"
#include "core/io/ZipArchive.h"

#include <algorithm>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

std::string arrayName(const std::string& entryName) {
    return entryName.ends_with(".npy") ? entryName.substr(0, entryName.size() - 4) : entryName;
}

/// An .npz archive in memory; arrays are decoded when asked for.
class NpzFile : public ArrayFile {
public:
    explicit NpzFile(std::string archive) : m_archive(std::move(archive)), m_entries(zipEntries(m_archive)) {}

    std::vector<ArrayInfo> arrays() const override {
        std::vector<ArrayInfo> result;
        for (const auto& entry : m_entries) {
            if (!entry.name.ends_with(".npy")) continue;
            const std::string content = zipContent(m_archive, entry);
            try {
                ArrayInfo info{arrayName(entry.name), {}};
                const auto shape = npyShape(content);
                for (const std::size_t size : shape)
                    if (size != 1 || shape.size() == 2) info.shape.push_back(size);
                if (info.shape.size() == 1) info.shape.push_back(1);
                result.push_back(std::move(info));
            } catch (const Error& error) {
                // Texts and objects lie beside the numbers in many files; only damage is an error.
                if (error.kind() != ErrorKind::Unsupported) throw;
            }
        }
        return result;
    }

    NumericMatrix read(const std::string& name) const override {
        const auto found =
            std::find_if(m_entries.begin(), m_entries.end(), [&](const auto& e) { return arrayName(e.name) == name; });
        if (found == m_entries.end()) throw Error(ErrorKind::BadInput, "The archive has no array '" + name + "'");
        return matrixOf(parseNpy(zipContent(m_archive, *found)), "'" + name + "'");
    }

private:
    std::string m_archive;
    std::vector<ZipEntry> m_entries;
};

}  // namespace

std::unique_ptr<ArrayFile> openNpz(std::string archive) { return std::make_unique<NpzFile>(std::move(archive)); }

std::unique_ptr<ArrayFile> openNpz(const fs::path& path) { return openNpz(readFile(path, std::size_t{4} << 30)); }

void writeNpz(const fs::path& path, std::span<const NamedArray> arrays) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& array : arrays) files.emplace_back(array.name + ".npy", npyBytesOf(array));
    writeFileAtomically(path, zipArchive(files));
}

}  // namespace chronnect
