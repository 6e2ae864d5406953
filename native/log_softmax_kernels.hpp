// The SIMD kernels: each probe gives nullptr where the build or the processor lacks the instructions.
#pragma once

#include "log_softmax.hpp"

namespace telltale {

const Kernel* avx512_kernel();
const Kernel* avx2_kernel();
const Kernel* neon_kernel();

/**
 * The constants of exp(x) = 2^n * e^r with n = round(x / ln 2), r in [-ln2/2, ln2/2]: ln 2 in two parts (Cody and Waite
 * 1980) and a degree-6 polynomial for e^r - 1 - r (minimax, relative error below 1e-7 in float).
 */
namespace exp_constants {
inline constexpr float kLowest = -87.3f; // below this e^x is less than the smallest normal float: taken as 0
inline constexpr float kLog2e = 1.44269504088896341f;
inline constexpr float kLn2High = 0.693359375f;
inline constexpr float kLn2Low = -2.12194440e-4f;
inline constexpr float kP0 = 1.9875691500e-4f;
inline constexpr float kP1 = 1.3981999507e-3f;
inline constexpr float kP2 = 8.3334519073e-3f;
inline constexpr float kP3 = 4.1665795894e-2f;
inline constexpr float kP4 = 1.6666665459e-1f;
inline constexpr float kP5 = 5.0000001201e-1f;
} // namespace exp_constants

} // namespace telltale
