#include "core/project/detail/Checksum.h"

#include "core/base/Error.h"
#include "core/base/Files.h"

#include <charconv>
#include <fstream>
#include <vector>

namespace chronnect::detail {

namespace {

constexpr std::string_view signature = "CHRONNECT PROJECT ";
constexpr std::string_view digestKey = "\nsha256 ";

/// SHA-256 over the digests of 16 MiB pieces of everything after the block, so that memory stays small.
std::string digestOfBody(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(userBlockSize);
    std::vector<char> piece(std::size_t{16} << 20);
    std::string digests;
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
        digests += sha256({piece.data(), static_cast<std::size_t>(file.gcount())});
    if (file.bad()) throw Error(ErrorKind::FileAccess, "Cannot read " + path.string());
    return sha256(digests);
}

std::string sealBlock(const std::filesystem::path& path, int version) {
    std::string block(signature);
    block += std::to_string(version) + std::string(digestKey) + digestOfBody(path) + "\n";
    block.resize(userBlockSize, '\0');
    return block;
}

}  // namespace

void sealFile(const std::filesystem::path& path, int version) {
    const std::string block = sealBlock(path, version);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.write(block.data(), static_cast<std::streamsize>(block.size()));
    file.flush();
    if (!file) throw Error(ErrorKind::FileAccess, "Cannot write " + path.string() + ": is the disk full?");
}

int checkSeal(const std::filesystem::path& path, int newestVersion) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path))
        throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": is the path right?");
    std::string block(userBlockSize, '\0');
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto refuse = [&](const std::string& what) { throw Error(ErrorKind::BadInput, path.string() + " " + what); };
    if (!block.starts_with(signature)) refuse("is not a Chronnect project");
    int version = 0;
    const char* end = block.data() + block.size();
    const auto parsed = std::from_chars(block.data() + signature.size(), end, version);
    if (parsed.ec != std::errc() || version < 1) refuse("is not a Chronnect project");
    if (version > newestVersion) return version;
    // The whole block is compared, its padding too: no byte of a project may change unnoticed.
    if (block != sealBlock(path, version)) refuse("is damaged or cut short; open the .bak file beside it instead");
    return version;
}

}  // namespace chronnect::detail
