#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronnect::detail {

/// An HDF5 identifier that closes itself.
class H5Handle {
public:
    using Close = herr_t (*)(hid_t);
    H5Handle() = default;
    H5Handle(hid_t id, Close close) : m_id(id), m_close(close) {}
    H5Handle(H5Handle&& other) noexcept : m_id(std::exchange(other.m_id, -1)), m_close(other.m_close) {}
    H5Handle& operator=(H5Handle&& other) noexcept {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~H5Handle() {
        if (m_id >= 0) m_close(m_id);
    }
    hid_t get() const { return m_id; }
    explicit operator bool() const { return m_id >= 0; }

private:
    hid_t m_id = -1;
    Close m_close = nullptr;
};

/// Held around every use of HDF5 in this program, closing included: a default build of the library is not safe for
/// threads, not even on different files. Also silences HDF5's own error printing.
class H5Session {
public:
    H5Session();

private:
    std::lock_guard<std::mutex> m_lock;
};

/// A group of an open file. All methods throw Error(BadInput) when the file does not hold what is asked for and
/// Error(FileAccess) when writing fails; `where` in the messages is the path inside the file.
class H5Group {
public:
    H5Group(H5Handle handle, std::string path) : m_handle(std::move(handle)), m_path(std::move(path)) {}

    H5Group create(const std::string& name) const;
    H5Group open(const std::string& name) const;
    bool has(const std::string& name) const;

    void writeText(const std::string& name, std::string_view text) const;
    std::string readText(const std::string& name) const;

    /// Chunked, shuffled and deflated; T is double, float, int or unsigned char.
    template <class T>
    void write(const std::string& name, std::span<const T> values, std::vector<std::size_t> shape) const;

    /// Reads a dataset of exactly this shape; -1 in `shape` accepts any extent. What the file declares is checked
    /// against the bytes it stores before anything is allocated.
    template <class T>
    std::vector<T> read(const std::string& name, std::vector<long long> shape = {-1}) const;

    void writeNumber(const std::string& name, double value) const;  ///< an attribute
    double readNumber(const std::string& name) const;

    /// A dataset whose values lie in this very file; like open(), it follows no link to another one.
    H5Handle openDataset(const std::string& name) const;
    hid_t id() const { return m_handle.get(); }
    const std::string& path() const { return m_path; }

private:
    [[noreturn]] void refuse(const std::string& name, const std::string& what) const;
    void refuseLink(const std::string& name) const;

    H5Handle m_handle;
    std::string m_path;
};

/// A whole file, with `userBlock` free bytes at its start.
class H5File {
public:
    static H5File create(const std::filesystem::path& path, std::size_t userBlock);
    static H5File open(const std::filesystem::path& path);
    const H5Group& root() const { return m_root; }
    /// Closes the file and reports what destructors cannot. Throws Error(FileAccess).
    void close();

private:
    H5File(H5Handle file, H5Group root, std::string name);
    H5Handle m_file;
    H5Group m_root;
    std::string m_name;
};

}  // namespace chronnect::detail
