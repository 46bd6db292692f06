#include "core/learning/TensorBoard.h"

#include "core/base/Error.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string_view>

namespace chronnect {

namespace {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as RFC 3720 uses it.
constexpr std::array<std::uint32_t, 256> crcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0x82F63B78u : 0u);
        table[i] = value;
    }
    return table;
}();

/// Rotated and shifted, so that the sum of bytes which contain sums stays useful (TFRecord).
std::uint32_t maskedCrc(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) crc = crcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
    return std::rotr(~crc, 15) + 0xA282EAD8u;
}

template <class T>
std::string littleEndian(T value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
    return bytes;
}

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    return bytes += static_cast<char>(value);
}

// Protocol-buffer fields: the key holds the field's number and its wire type (0 varint, 1 64 bit, 2 bytes, 5 32 bit).
std::string key(int field, int wireType) { return varint(static_cast<std::uint64_t>(field * 8 + wireType)); }
std::string wholeField(int field, std::int64_t value) {
    return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string doubleField(int field, double value) {
    return key(field, 1) + littleEndian(std::bit_cast<std::uint64_t>(value));
}
std::string floatField(int field, float value) {
    return key(field, 5) + littleEndian(std::bit_cast<std::uint32_t>(value));
}
std::string bytesField(int field, std::string_view value) {
    return key(field, 2) + varint(value.size()) + std::string(value);
}

double secondsNow() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string event(std::int64_t step) { return doubleField(1, secondsNow()) + wholeField(2, step); }

std::string scalar(const std::string& tag, double value) {
    return bytesField(1, bytesField(1, tag) + floatField(2, static_cast<float>(value)));
}

}  // namespace

TensorBoardLog::TensorBoardLog(const std::filesystem::path& folder, int resumedAt) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto seconds = std::to_string(static_cast<std::int64_t>(secondsNow()));
    std::random_device device;
    m_path = folder / ("events.out.tfevents." + seconds + "." + std::to_string(device()) + ".chronnect");
    m_file.open(m_path, std::ios::binary | std::ios::app);
    append(doubleField(1, secondsNow()) + bytesField(3, "brain.Event:2"));
    constexpr int sessionStart = 1;
    if (resumedAt > 0) append(event(resumedAt) + bytesField(7, wholeField(1, sessionStart)));
}

void TensorBoardLog::add(const TrainingSnapshot& snapshot) {
    const std::string phase = snapshot.phase.empty() ? "training" : snapshot.phase;
    const std::string prefix = (snapshot.folds > 0 ? "fold " + std::to_string(snapshot.fold) + "/" : "") + phase + "/";
    std::string summary;
    for (const auto& [name, value] : snapshot.losses) {
        const bool repeats = name.starts_with(phase + " ");
        summary += scalar(prefix + (repeats ? name.substr(phase.size() + 1) : name), value);
    }
    summary += scalar(prefix + "learning rate", snapshot.learningRate);
    summary += scalar(prefix + "gradient norm", snapshot.gradientNorm);
    summary += scalar(prefix + "scans per second", snapshot.scansPerSecond);
    if (snapshot.effectiveRank > 0) summary += scalar(prefix + "effective rank", snapshot.effectiveRank);
    append(event(snapshot.step) + bytesField(5, summary));
}

TrainingObserver alsoToTensorBoard(const std::filesystem::path& folder, bool resumed, const TrainingObserver& next) {
    return [folder, resumed, next, log = std::shared_ptr<TensorBoardLog>()](const TrainingSnapshot& snapshot) mutable {
        if (!log) log = std::make_shared<TensorBoardLog>(folder, resumed ? snapshot.step : 0);
        if (snapshot.phase != "paused") log->add(snapshot);
        if (next) next(snapshot);
    };
}

void TensorBoardLog::append(const std::string& bytes) {
    const std::string length = littleEndian(static_cast<std::uint64_t>(bytes.size()));
    m_file << length << littleEndian(maskedCrc(length)) << bytes << littleEndian(maskedCrc(bytes)) << std::flush;
    if (!m_file)
        throw Error(ErrorKind::FileAccess, "Cannot write the training curves to " + m_path.string() +
                                               "; is the folder writable and the disk not full?");
}

}  // namespace chronnect
