#include "core/model/detail/StoredZip.h"

#include "core/base/Error.h"

#include <cstdint>
#include <cstring>

namespace chronnect::model {

namespace {

[[noreturn]] void damaged() { throw Error(ErrorKind::BadInput, "the zip container is damaged or truncated"); }

template <class T>
T at(std::string_view bytes, std::size_t place) {
    if (place > bytes.size() || bytes.size() - place < sizeof(T)) damaged();
    T value;
    std::memcpy(&value, bytes.data() + place, sizeof value);
    return value;
}

struct Directory {
    std::uint64_t entries = 0, offset = 0;
};

/// End-of-directory record, or its zip64 form when the small one is full.
Directory findDirectory(std::string_view bytes) {
    if (bytes.size() < 22) damaged();
    const std::size_t lowest = bytes.size() > 22 + 65535 ? bytes.size() - 22 - 65535 : 0;
    for (std::size_t place = bytes.size() - 22;; --place) {
        if (at<std::uint32_t>(bytes, place) == 0x06054b50u) {
            Directory found{at<std::uint16_t>(bytes, place + 10), at<std::uint32_t>(bytes, place + 16)};
            if (place >= 20 && at<std::uint32_t>(bytes, place - 20) == 0x07064b50u) {
                const auto wide = at<std::uint64_t>(bytes, place - 12);
                if (at<std::uint32_t>(bytes, wide) != 0x06064b50u) damaged();
                found = {at<std::uint64_t>(bytes, wide + 32), at<std::uint64_t>(bytes, wide + 48)};
            }
            return found;
        }
        if (place == lowest) damaged();
    }
}

/// Size and offset of an entry whose 32-bit fields overflow, from the zip64 extra field.
void readWide(std::string_view extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t& offset) {
    std::size_t place = 0;
    while (place + 4 <= extra.size()) {
        const auto id = at<std::uint16_t>(extra, place), length = at<std::uint16_t>(extra, place + 2);
        std::size_t field = place + 4;
        if (id == 1)
            for (std::uint64_t* value : {&size, &packed, &offset})
                if (*value == 0xffffffffu) {
                    *value = at<std::uint64_t>(extra, field);
                    field += 8;
                }
        place += 4u + length;
    }
}

}  // namespace

std::map<std::string, std::string_view> storedZipMembers(std::string_view bytes) {
    const Directory directory = findDirectory(bytes);
    std::map<std::string, std::string_view> members;
    std::uint64_t place = directory.offset;
    for (std::uint64_t entry = 0; entry < directory.entries; ++entry) {
        if (at<std::uint32_t>(bytes, place) != 0x02014b50u) damaged();
        const auto method = at<std::uint16_t>(bytes, place + 10);
        std::uint64_t packed = at<std::uint32_t>(bytes, place + 20), size = at<std::uint32_t>(bytes, place + 24);
        std::uint64_t offset = at<std::uint32_t>(bytes, place + 42);
        const auto nameLength = at<std::uint16_t>(bytes, place + 28),
                   extraLength = at<std::uint16_t>(bytes, place + 30);
        const auto commentLength = at<std::uint16_t>(bytes, place + 32);
        if (place + 46 + nameLength + extraLength > bytes.size()) damaged();
        std::string name(bytes.substr(place + 46, nameLength));
        readWide(bytes.substr(place + 46 + nameLength, extraLength), size, packed, offset);
        if (method != 0 || size != packed)
            throw Error(ErrorKind::Unsupported, "member '" + name + "' of the zip container is compressed");
        const std::uint64_t start =
            offset + 30 + at<std::uint16_t>(bytes, offset + 26) + at<std::uint16_t>(bytes, offset + 28);
        if (start > bytes.size() || size > bytes.size() - start) damaged();
        if (const auto slash = name.find('/'); slash != std::string::npos) name.erase(0, slash + 1);
        members[name] = bytes.substr(start, size);
        place += 46u + nameLength + extraLength + commentLength;
    }
    return members;
}

}  // namespace chronnect::model
