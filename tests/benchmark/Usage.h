#pragma once

#include <cstdio>
#include <string_view>

/// Whether the line asks for help; then prints how the program is called, which measures nothing.
inline bool asksForHelp(int count, char** words, const char* usage) {
    for (int word = 1; word < count; ++word)
        if (std::string_view(words[word]) == "--help" || std::string_view(words[word]) == "-h") {
            std::printf("Usage: %s\n", usage);
            return true;
        }
    return false;
}
