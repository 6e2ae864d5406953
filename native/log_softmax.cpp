#include "log_softmax.hpp"

#include "log_softmax_kernels.hpp"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>

namespace telltale {

namespace {

void summarise_plain(const float* row, size_t n, float inverse_temperature, Block* blocks) {
    for (size_t start = 0; start < n; start += kBlock) {
        const size_t end = start + kBlock < n ? start + kBlock : n;
        float max = -std::numeric_limits<float>::infinity();
        for (size_t i = start; i < end; ++i)
            max = row[i] > max ? row[i] : max;
        const float shift = block_shift(max);
        double sum = 0, tempered = 0;
        for (size_t i = start; i < end; ++i)
            sum += std::exp(row[i] - shift);
        if (inverse_temperature == 1.0f) {
            tempered = sum;
        } else {
            for (size_t i = start; i < end; ++i)
                tempered += std::exp((row[i] - shift) * inverse_temperature);
        }
        *blocks++ = {max, static_cast<float>(sum), static_cast<float>(tempered)};
    }
}

const Kernel kPlain{"plain", summarise_plain};

} // namespace

const Kernel& best_kernel() {
    for (const char* name : {"avx512", "avx2", "neon"}) {
        if (const Kernel* kernel = kernel_by_name(name)) return *kernel;
    }
    return kPlain;
}

const Kernel* kernel_by_name(const char* name) {
    if (std::strcmp(name, kPlain.name) == 0) return &kPlain;
    for (const Kernel* (*probe)() : {avx512_kernel, avx2_kernel, neon_kernel}) {
        const Kernel* kernel = probe();
        if (kernel != nullptr && std::strcmp(kernel->name, name) == 0) return kernel;
    }
    return nullptr;
}

RowSummary combine(const Block* blocks, size_t count) {
    float max = -std::numeric_limits<float>::infinity();
    for (size_t b = 0; b < count; ++b)
        max = blocks[b].max > max ? blocks[b].max : max;
    double sum = 0;
    for (size_t b = 0; b < count; ++b)
        sum += static_cast<double>(blocks[b].sum) * std::exp(static_cast<double>(blocks[b].max) - max);
    return {max, static_cast<double>(max) + std::log(sum)};
}

} // namespace telltale
