#pragma once

// One source, several instruction sets: the loader picks the widest the machine has.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__)
#define CHRONNECT_HAS_CLONES
#define CHRONNECT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define CHRONNECT_CLONES
#endif
