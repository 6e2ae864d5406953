#include "log_softmax_kernels.hpp"

#if defined(__x86_64__) || defined(_M_X64)

#include "cpu_features.hpp"

// GCC 12 takes the undefined halves inside its own intrinsics for uninitialised variables.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#include <limits>

#if defined(__GNUC__) || defined(__clang__)
#define TELLTALE_AVX512 __attribute__((target("avx512f,avx512dq")))
#else
#define TELLTALE_AVX512
#endif

namespace telltale {

namespace {

using namespace exp_constants;

TELLTALE_AVX512 inline __m512 exp_ps(__m512 x) {
    const __mmask16 vanishes = _mm512_cmp_ps_mask(x, _mm512_set1_ps(kLowest), _CMP_LT_OQ);
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(kLog2e)), _MM_FROUND_TO_NEAREST_INT);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kLn2High), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kLn2Low), r);
    __m512 p = _mm512_set1_ps(kP0);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kP1));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kP2));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kP3));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kP4));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kP5));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1.0f)));
    return _mm512_mask_mov_ps(_mm512_scalef_ps(p, n), vanishes, _mm512_setzero_ps());
}

TELLTALE_AVX512 void summarise_avx512(const float* row, size_t n, float inverse_temperature, Block* blocks) {
    const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
    const __m512 scale = _mm512_set1_ps(inverse_temperature);
    const bool tempered = inverse_temperature != 1.0f;
    for (size_t start = 0; start < n; start += kBlock) {
        const size_t end = start + kBlock < n ? start + kBlock : n;
        const size_t whole = start + ((end - start) & ~static_cast<size_t>(15));
        const __mmask16 rest = static_cast<__mmask16>((1u << (end - whole)) - 1u);
        __m512 max0 = lowest, max1 = lowest;
        size_t i = start;
        for (; i + 32 <= whole; i += 32) {
            max0 = _mm512_max_ps(max0, _mm512_loadu_ps(row + i));
            max1 = _mm512_max_ps(max1, _mm512_loadu_ps(row + i + 16));
        }
        for (; i < whole; i += 16)
            max0 = _mm512_max_ps(max0, _mm512_loadu_ps(row + i));
        if (rest != 0) max1 = _mm512_max_ps(max1, _mm512_mask_loadu_ps(lowest, rest, row + whole));
        const float max = _mm512_reduce_max_ps(_mm512_max_ps(max0, max1));
        const __m512 shift = _mm512_set1_ps(block_shift(max));
        __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, hot = sum0;
        i = start;
        for (; i + 32 <= whole; i += 32) {
            const __m512 a = _mm512_sub_ps(_mm512_loadu_ps(row + i), shift);
            const __m512 b = _mm512_sub_ps(_mm512_loadu_ps(row + i + 16), shift);
            sum0 = _mm512_add_ps(sum0, exp_ps(a));
            sum1 = _mm512_add_ps(sum1, exp_ps(b));
            if (tempered) {
                hot = _mm512_add_ps(hot, exp_ps(_mm512_mul_ps(a, scale)));
                hot = _mm512_add_ps(hot, exp_ps(_mm512_mul_ps(b, scale)));
            }
        }
        for (; i < end; i += 16) {
            const __m512 x = i < whole ? _mm512_loadu_ps(row + i) : _mm512_mask_loadu_ps(lowest, rest, row + i);
            const __m512 a = _mm512_sub_ps(x, shift);
            sum0 = _mm512_add_ps(sum0, exp_ps(a));
            if (tempered) hot = _mm512_add_ps(hot, exp_ps(_mm512_mul_ps(a, scale)));
        }
        const float sum = _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
        *blocks++ = {max, sum, tempered ? _mm512_reduce_add_ps(hot) : sum};
    }
}

const Kernel kAvx512{"avx512", summarise_avx512};

} // namespace

const Kernel* avx512_kernel() {
    return cpu_has_avx512() ? &kAvx512 : nullptr;
}

} // namespace telltale

#else

namespace telltale {
const Kernel* avx512_kernel() {
    return nullptr;
}
} // namespace telltale

#endif
