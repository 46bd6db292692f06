#include "core/base/Json.h"

#include "core/base/Error.h"

#include <charconv>
#include <cmath>

namespace chronnect {

namespace {

const Json nullValue;

void appendUtf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

/// Recursive descent over RFC 8259.
class Parser {
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    Json document() {
        Json result = value(0);
        skipSpace();
        if (m_at != m_text.size()) fail("text after the end");
        return result;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorKind::BadInput, "JSON is not valid at byte " + std::to_string(m_at) + ": " + what);
    }

    void skipSpace() {
        while (m_at < m_text.size() && std::string_view(" \t\r\n").find(m_text[m_at]) != std::string_view::npos) ++m_at;
    }

    bool accept(char c) {
        skipSpace();
        if (m_at >= m_text.size() || m_text[m_at] != c) return false;
        ++m_at;
        return true;
    }

    void expect(char c) {
        if (!accept(c)) fail(std::string("expected '") + c + "'");
    }

    bool acceptWord(std::string_view word) {
        if (m_text.substr(m_at, word.size()) != word) return false;
        m_at += word.size();
        return true;
    }

    Json value(int depth) {
        if (depth > 200) fail("nested too deeply");
        skipSpace();
        if (m_at >= m_text.size()) fail("unexpected end");
        switch (m_text[m_at]) {
            case '{': return object(depth);
            case '[': return array(depth);
            case '"': return Json(string());
            default: break;
        }
        if (acceptWord("true")) return Json(true);
        if (acceptWord("false")) return Json(false);
        if (acceptWord("null")) return Json();
        return number();
    }

    Json object(int depth) {
        Json result = Json::object();
        expect('{');
        if (accept('}')) return result;
        do {
            skipSpace();
            std::string key = string();
            expect(':');
            result.set(std::move(key), value(depth + 1));
        } while (accept(','));
        expect('}');
        return result;
    }

    Json array(int depth) {
        Json result = Json::array();
        expect('[');
        if (accept(']')) return result;
        do result.push(value(depth + 1));
        while (accept(','));
        expect(']');
        return result;
    }

    Json number() {
        double result = 0;
        const char* first = m_text.data() + m_at;
        const char* last = m_text.data() + m_text.size();
        if (first == last || !(*first == '-' || (*first >= '0' && *first <= '9'))) fail("expected a value");
        const auto [end, error] = std::from_chars(first, last, result);
        if (error != std::errc() && error != std::errc::result_out_of_range) fail("not a number");
        m_at += static_cast<std::size_t>(end - first);
        return Json(result);
    }

    std::uint32_t hex4() {
        std::uint32_t code = 0;
        if (m_at + 4 > m_text.size()) fail("incomplete \\u escape");
        const auto [end, error] = std::from_chars(m_text.data() + m_at, m_text.data() + m_at + 4, code, 16);
        if (error != std::errc() || end != m_text.data() + m_at + 4) fail("bad \\u escape");
        m_at += 4;
        return code;
    }

    void escape(std::string& out) {
        if (m_at >= m_text.size()) fail("unexpected end in text");
        const char c = m_text[m_at++];
        constexpr std::string_view from = "\"\\/bfnrt";
        constexpr std::string_view to = "\"\\/\b\f\n\r\t";
        if (const auto i = from.find(c); i != std::string_view::npos) {
            out.push_back(to[i]);
        } else if (c == 'u') {
            std::uint32_t code = hex4();
            if (code >= 0xD800 && code < 0xDC00 && acceptWord("\\u")) {
                const std::uint32_t low = hex4();
                code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
            } else if (code >= 0xD800 && code < 0xE000) {
                code = 0xFFFD;
            }
            appendUtf8(out, code);
        } else {
            fail("unknown escape");
        }
    }

    std::string string() {
        std::string out;
        if (m_at >= m_text.size() || m_text[m_at] != '"') fail("expected text in quotes");
        ++m_at;
        while (m_at < m_text.size() && m_text[m_at] != '"') {
            const char c = m_text[m_at++];
            if (static_cast<unsigned char>(c) < 0x20) fail("control character in text");
            if (c == '\\')
                escape(out);
            else
                out.push_back(c);
        }
        if (m_at >= m_text.size()) fail("text without closing quote");
        ++m_at;
        return out;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

void writeString(std::string& out, std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

void writeNumber(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    out.append(buffer, end);
}

void write(std::string& out, const Json& json, int indent, int depth) {
    const auto newLine = [&](int level) {
        if (indent < 0) return;
        out.push_back('\n');
        out.append(static_cast<std::size_t>(indent * level), ' ');
    };
    switch (json.type()) {
        case Json::Type::Null: out += "null"; return;
        case Json::Type::Bool: out += json.boolean() ? "true" : "false"; return;
        case Json::Type::Number: writeNumber(out, json.number()); return;
        case Json::Type::String: writeString(out, json.text()); return;
        default: break;
    }
    out.push_back(json.isObject() ? '{' : '[');
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (i > 0) out.push_back(',');
        newLine(depth + 1);
        if (json.isObject()) {
            writeString(out, json.keys()[i]);
            out += indent < 0 ? ":" : ": ";
        }
        write(out, json.items()[i], indent, depth + 1);
    }
    if (json.size() > 0) newLine(depth);
    out.push_back(json.isObject() ? '}' : ']');
}

}  // namespace

const Json* Json::find(std::string_view key) const {
    for (std::size_t i = 0; i < m_keys.size(); ++i)
        if (m_keys[i] == key) return &m_items[i];
    return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
    const Json* found = find(key);
    return found ? *found : nullValue;
}

Json& Json::set(std::string key, Json value) {
    if (m_type != Type::Object) *this = object();
    for (std::size_t i = 0; i < m_keys.size(); ++i)
        if (m_keys[i] == key) {
            m_items[i] = std::move(value);
            return *this;
        }
    m_keys.push_back(std::move(key));
    m_items.push_back(std::move(value));
    return *this;
}

void Json::push(Json value) {
    if (m_type != Type::Array) *this = array();
    m_items.push_back(std::move(value));
}

std::string Json::dump(int indent) const {
    std::string out;
    write(out, *this, indent, 0);
    return out;
}

Json Json::parse(std::string_view text) { return Parser(text).document(); }

}  // namespace chronnect
