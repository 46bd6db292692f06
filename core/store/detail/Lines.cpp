#include "core/store/detail/Lines.h"

#include "core/base/Error.h"

namespace chronnect::detail {

std::string joinLines(const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) {
        for (const char c : text) {
            if (c == '\\')
                joined += "\\\\";
            else if (c == '\n')
                joined += "\\n";
            else if (c == '\0')
                joined += "\\0";
            else
                joined += c;
        }
        joined += '\n';
    }
    return joined;
}

std::vector<std::string> splitLines(std::string_view joined, const std::string& where) {
    std::vector<std::string> texts;
    std::string text;
    bool escaped = false;
    for (const char c : joined) {
        if (escaped) {
            if (c != '\\' && c != 'n' && c != '0')
                throw Error(ErrorKind::BadInput, where + " holds an unknown escape; the file is damaged");
            text += c == 'n' ? '\n' : c == '0' ? '\0' : '\\';
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '\n') {
            texts.push_back(std::move(text));
            text.clear();
        } else {
            text += c;
        }
    }
    if (escaped || !text.empty()) throw Error(ErrorKind::BadInput, where + " ends within a line; the file is damaged");
    return texts;
}

}  // namespace chronnect::detail
