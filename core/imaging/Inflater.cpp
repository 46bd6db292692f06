#include "core/imaging/detail/Inflater.h"

#include "core/base/Error.h"

#include <algorithm>
#include <limits>

#include <zlib.h>
#ifdef CHRONNECT_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

namespace chronnect::detail {

namespace {

/// Both libraries count bytes of one call in 32 bits.
constexpr std::size_t largestPiece = std::size_t{1} << 30;

class ZlibInflater final : public Inflater {
public:
    ZlibInflater() {
        if (inflateInit2(&m_stream, gzipWindow) != Z_OK)
            throw Error(ErrorKind::OutOfMemory, "Not enough memory to read a compressed file");
    }
    ~ZlibInflater() override { inflateEnd(&m_stream); }
    ZlibInflater(const ZlibInflater&) = delete;
    ZlibInflater& operator=(const ZlibInflater&) = delete;

    InflateStep inflate(std::span<const std::byte> in, std::span<std::byte> out) override {
        const auto inSize = static_cast<uInt>(std::min(in.size(), largestPiece));
        const auto outSize = static_cast<uInt>(std::min(out.size(), largestPiece));
        m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
        m_stream.avail_in = inSize;
        m_stream.next_out = reinterpret_cast<Bytef*>(out.data());
        m_stream.avail_out = outSize;
        const int code = ::inflate(&m_stream, Z_NO_FLUSH);
        InflateStep step{inSize - m_stream.avail_in, outSize - m_stream.avail_out, InflateState::More};
        if (code == Z_STREAM_END)
            step.state = InflateState::MemberEnd;
        else if (code != Z_OK && code != Z_BUF_ERROR)
            step.state = InflateState::Damaged;
        return step;
    }
    void restart() override { inflateReset2(&m_stream, gzipWindow); }

private:
    static constexpr int gzipWindow = 15 + 16;
    z_stream m_stream{};
};

#ifdef CHRONNECT_HAVE_ISAL
class IsalInflater final : public Inflater {
public:
    IsalInflater() : m_state(std::make_unique<inflate_state>()) { restart(); }

    InflateStep inflate(std::span<const std::byte> in, std::span<std::byte> out) override {
        const auto inSize = static_cast<std::uint32_t>(std::min(in.size(), largestPiece));
        const auto outSize = static_cast<std::uint32_t>(std::min(out.size(), largestPiece));
        m_state->next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(in.data()));
        m_state->avail_in = inSize;
        m_state->next_out = reinterpret_cast<std::uint8_t*>(out.data());
        m_state->avail_out = outSize;
        const int code = isal_inflate(m_state.get());
        InflateStep step{inSize - m_state->avail_in, outSize - m_state->avail_out, InflateState::More};
        if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT)
            step.state = InflateState::Damaged;
        else if (m_state->block_state == ISAL_BLOCK_FINISH)
            step.state = InflateState::MemberEnd;
        return step;
    }
    void restart() override {
        isal_inflate_init(m_state.get());
        m_state->crc_flag = ISAL_GZIP;
    }

private:
    std::unique_ptr<inflate_state> m_state;
};
#endif

}  // namespace

std::unique_ptr<Inflater> makeZlibInflater() { return std::make_unique<ZlibInflater>(); }

#ifdef CHRONNECT_HAVE_ISAL
std::unique_ptr<Inflater> makeInflater() { return std::make_unique<IsalInflater>(); }
std::string_view inflaterName() { return "ISA-L"; }
#else
std::unique_ptr<Inflater> makeInflater() { return makeZlibInflater(); }
std::string_view inflaterName() { return "zlib"; }
#endif

}  // namespace chronnect::detail
