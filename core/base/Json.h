#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect {

/// A JSON value (RFC 8259). Ours and small because the training libraries must build with LibTorch and HDF5 alone.
/// Objects keep the order in which keys were first set. Non-finite numbers are written as null.
class Json {
public:
    enum class Type { Null, Bool, Number, String, Array, Object };

    Json() = default;
    Json(bool value) : m_type(Type::Bool), m_bool(value) {}
    Json(double value) : m_type(Type::Number), m_number(value) {}
    Json(int value) : Json(static_cast<double>(value)) {}
    Json(std::int64_t value) : Json(static_cast<double>(value)) {}
    Json(std::size_t value) : Json(static_cast<double>(value)) {}
    Json(const char* value) : m_type(Type::String), m_string(value) {}
    Json(std::string value) : m_type(Type::String), m_string(std::move(value)) {}
    Json(std::string_view value) : m_type(Type::String), m_string(value) {}
    template <class T>
    Json(const std::vector<T>& values) : m_type(Type::Array) {
        for (const auto& value : values) m_items.emplace_back(Json(value));
    }

    static Json array() {
        Json j;
        j.m_type = Type::Array;
        return j;
    }
    static Json object() {
        Json j;
        j.m_type = Type::Object;
        return j;
    }

    Type type() const { return m_type; }
    bool isNull() const { return m_type == Type::Null; }
    bool isObject() const { return m_type == Type::Object; }
    bool isArray() const { return m_type == Type::Array; }
    bool isString() const { return m_type == Type::String; }
    bool isNumber() const { return m_type == Type::Number; }

    /// The value, or the fallback when it is of another type.
    bool boolean(bool fallback = false) const { return m_type == Type::Bool ? m_bool : fallback; }
    double number(double fallback = 0.0) const { return m_type == Type::Number ? m_number : fallback; }
    std::string text(std::string_view fallback = {}) const {
        return m_type == Type::String ? m_string : std::string(fallback);
    }

    /// Array items or, for an object, its values; `keys()` has the same order.
    const std::vector<Json>& items() const { return m_items; }
    const std::vector<std::string>& keys() const { return m_keys; }
    std::size_t size() const { return m_items.size(); }
    bool contains(std::string_view key) const { return find(key) != nullptr; }
    const Json* find(std::string_view key) const;        ///< null when absent
    const Json& operator[](std::string_view key) const;  ///< a null value when absent
    Json& set(std::string key, Json value);              ///< makes this an object; returns *this
    void push(Json value);                               ///< makes this an array

    /// Text; `indent` < 0 writes one line. Numbers use the shortest form that reads back to the same double.
    std::string dump(int indent = 2) const;

    /// Throws Error(BadInput) with the byte position. Nesting deeper than 200 is refused.
    static Json parse(std::string_view text);

private:
    Type m_type = Type::Null;
    bool m_bool = false;
    double m_number = 0.0;
    std::string m_string;
    std::vector<std::string> m_keys;
    std::vector<Json> m_items;
};

}  // namespace chronnect
