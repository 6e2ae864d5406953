#include "log_softmax_kernels.hpp"

#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>
#include <limits>

namespace telltale {

namespace {

using namespace exp_constants;

inline float32x4_t exp_f32(float32x4_t x) {
    const uint32x4_t vanishes = vcltq_f32(x, vdupq_n_f32(kLowest));
    const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, kLog2e));
    float32x4_t r = vfmsq_n_f32(x, n, kLn2High);
    r = vfmsq_n_f32(r, n, kLn2Low);
    float32x4_t p = vdupq_n_f32(kP0);
    p = vfmaq_f32(vdupq_n_f32(kP1), p, r);
    p = vfmaq_f32(vdupq_n_f32(kP2), p, r);
    p = vfmaq_f32(vdupq_n_f32(kP3), p, r);
    p = vfmaq_f32(vdupq_n_f32(kP4), p, r);
    p = vfmaq_f32(vdupq_n_f32(kP5), p, r);
    p = vfmaq_f32(vaddq_f32(r, vdupq_n_f32(1.0f)), p, vmulq_f32(r, r));
    const int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
    const float32x4_t value = vmulq_f32(p, vreinterpretq_f32_s32(power));
    return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(value), vanishes));
}

inline float32x4_t load(const float* row, size_t i, size_t end) {
    if (i + 4 <= end) return vld1q_f32(row + i);
    float padded[4];
    for (size_t k = 0; k < 4; ++k)
        padded[k] = i + k < end ? row[i + k] : -std::numeric_limits<float>::infinity();
    return vld1q_f32(padded);
}

void summarise_neon(const float* row, size_t n, float inverse_temperature, Block* blocks) {
    const float32x4_t lowest = vdupq_n_f32(-std::numeric_limits<float>::infinity());
    const bool tempered = inverse_temperature != 1.0f;
    for (size_t start = 0; start < n; start += kBlock) {
        const size_t end = start + kBlock < n ? start + kBlock : n;
        float32x4_t max0 = lowest, max1 = lowest;
        for (size_t i = start; i < end; i += 8) {
            max0 = vmaxnmq_f32(max0, load(row, i, end));
            if (i + 4 < end) max1 = vmaxnmq_f32(max1, load(row, i + 4, end));
        }
        const float max = vmaxnmvq_f32(vmaxnmq_f32(max0, max1));
        const float32x4_t shift = vdupq_n_f32(block_shift(max));
        float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, hot = sum0;
        for (size_t i = start; i < end; i += 8) {
            const float32x4_t a = vsubq_f32(load(row, i, end), shift);
            sum0 = vaddq_f32(sum0, exp_f32(a));
            if (tempered) hot = vaddq_f32(hot, exp_f32(vmulq_n_f32(a, inverse_temperature)));
            if (i + 4 >= end) continue;
            const float32x4_t b = vsubq_f32(load(row, i + 4, end), shift);
            sum1 = vaddq_f32(sum1, exp_f32(b));
            if (tempered) hot = vaddq_f32(hot, exp_f32(vmulq_n_f32(b, inverse_temperature)));
        }
        const float sum = vaddvq_f32(vaddq_f32(sum0, sum1));
        *blocks++ = {max, sum, tempered ? vaddvq_f32(hot) : sum};
    }
}

const Kernel kNeon{"neon", summarise_neon};

} // namespace

const Kernel* neon_kernel() {
    return &kNeon;
}

} // namespace telltale

#else

namespace telltale {
const Kernel* neon_kernel() {
    return nullptr;
}
} // namespace telltale

#endif
