// What the running x86-64 processor and its operating system offer.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace telltale {

#if defined(_MSC_VER) && !defined(__clang__)

inline bool os_saves(unsigned long long mask) {
    int info[4];
    __cpuid(info, 1);
    const bool osxsave = (info[2] & (1 << 27)) != 0;
    return osxsave && (_xgetbv(0) & mask) == mask;
}
inline bool cpu_has_avx2() {
    int one[4], seven[4];
    __cpuid(one, 1);
    __cpuidex(seven, 7, 0);
    return os_saves(0x6) && (one[2] & (1 << 12)) != 0 && (seven[1] & (1 << 5)) != 0;
}
inline bool cpu_has_avx512() {
    int seven[4];
    __cpuidex(seven, 7, 0);
    return os_saves(0xe6) && (seven[1] & (1 << 16)) != 0 && (seven[1] & (1 << 17)) != 0;
}

#else

inline bool cpu_has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
inline bool cpu_has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}

#endif

} // namespace telltale
