#include "log_softmax_kernels.hpp"

#if defined(__x86_64__) || defined(_M_X64)

#include "cpu_features.hpp"

#include <immintrin.h>
#include <limits>

#if defined(__GNUC__) || defined(__clang__)
#define TELLTALE_AVX2 __attribute__((target("avx2,fma")))
#else
#define TELLTALE_AVX2
#endif

namespace telltale {

namespace {

using namespace exp_constants;

TELLTALE_AVX2 inline __m256 exp_ps(__m256 x) {
    const __m256 vanishes = _mm256_cmp_ps(x, _mm256_set1_ps(kLowest), _CMP_LT_OQ);
    const __m256 n =
        _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(kLog2e)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kLn2High), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kLn2Low), r);
    __m256 p = _mm256_set1_ps(kP0);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(kP1));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(kP2));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(kP3));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(kP4));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(kP5));
    p = _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), _mm256_add_ps(r, _mm256_set1_ps(1.0f)));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_andnot_ps(vanishes, _mm256_mul_ps(p, _mm256_castsi256_ps(power)));
}

TELLTALE_AVX2 inline float reduce_add(__m256 x) {
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

TELLTALE_AVX2 inline float reduce_max(__m256 x) {
    __m128 max = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    max = _mm_max_ps(max, _mm_movehl_ps(max, max));
    return _mm_cvtss_f32(_mm_max_ss(max, _mm_movehdup_ps(max)));
}

TELLTALE_AVX2 inline __m256 load(const float* row, size_t i, size_t end) {
    if (i + 8 <= end) return _mm256_loadu_ps(row + i);
    alignas(32) float padded[8];
    for (size_t k = 0; k < 8; ++k)
        padded[k] = i + k < end ? row[i + k] : -std::numeric_limits<float>::infinity();
    return _mm256_load_ps(padded);
}

TELLTALE_AVX2 void summarise_avx2(const float* row, size_t n, float inverse_temperature, Block* blocks) {
    const __m256 lowest = _mm256_set1_ps(-std::numeric_limits<float>::infinity());
    const __m256 scale = _mm256_set1_ps(inverse_temperature);
    const bool tempered = inverse_temperature != 1.0f;
    for (size_t start = 0; start < n; start += kBlock) {
        const size_t end = start + kBlock < n ? start + kBlock : n;
        __m256 max0 = lowest, max1 = lowest;
        for (size_t i = start; i < end; i += 16) {
            max0 = _mm256_max_ps(max0, load(row, i, end));
            if (i + 8 < end) max1 = _mm256_max_ps(max1, load(row, i + 8, end));
        }
        const float max = reduce_max(_mm256_max_ps(max0, max1));
        const __m256 shift = _mm256_set1_ps(block_shift(max));
        __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, hot = sum0;
        for (size_t i = start; i < end; i += 16) {
            const __m256 a = _mm256_sub_ps(load(row, i, end), shift);
            sum0 = _mm256_add_ps(sum0, exp_ps(a));
            if (tempered) hot = _mm256_add_ps(hot, exp_ps(_mm256_mul_ps(a, scale)));
            if (i + 8 >= end) continue;
            const __m256 b = _mm256_sub_ps(load(row, i + 8, end), shift);
            sum1 = _mm256_add_ps(sum1, exp_ps(b));
            if (tempered) hot = _mm256_add_ps(hot, exp_ps(_mm256_mul_ps(b, scale)));
        }
        const float sum = reduce_add(_mm256_add_ps(sum0, sum1));
        *blocks++ = {max, sum, tempered ? reduce_add(hot) : sum};
    }
}

const Kernel kAvx2{"avx2", summarise_avx2};

} // namespace

const Kernel* avx2_kernel() {
    return cpu_has_avx2() ? &kAvx2 : nullptr;
}

} // namespace telltale

#else

namespace telltale {
const Kernel* avx2_kernel() {
    return nullptr;
}
} // namespace telltale

#endif
