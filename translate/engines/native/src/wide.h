// Products of pairs in AVX-512 with VNNI: 12 rows by 32 outputs at a time, a sum of 16 outputs a vector.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rows.h"

namespace duizhao {

constexpr int kWideLanes = 16;

// Without AVX-512 the compiler takes two vectors for one.
using Wide = std::int32_t __attribute__((vector_size(64), may_alias));
using WideFloats = float __attribute__((vector_size(64), may_alias));

#ifdef DUIZHAO_EMULATED
#define DUIZHAO_AVX512

inline void add_pair(const std::int16_t* pair, const Wide& weight, Wide& sum) {
  const __m256i factor = _mm256_set1_epi32(*reinterpret_cast<const Pair*>(pair));
  __m256i weights[2], sums[2];
  std::memcpy(weights, &weight, sizeof(weight));
  std::memcpy(sums, &sum, sizeof(sum));
  for (int i = 0; i < 2; ++i) sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(factor, weights[i]));
  std::memcpy(&sum, sums, sizeof(sum));
}

inline void add_pair(const std::int16_t* pair, const Wide& first, const Wide& second, Wide& first_sum,
                     Wide& second_sum) {
  add_pair(pair, first, first_sum);
  add_pair(pair, second, second_sum);
}
#else
#define DUIZHAO_AVX512 [[gnu::target("avx512f,avx512bw,avx512vnni")]]

// In assembly, so that the compiler does not load the numbers of all rows before it multiplies the first.
DUIZHAO_AVX512 inline void add_pair(const std::int16_t* pair, const Wide& weight, Wide& sum) {
  asm("vpdpwssd %[pair]%{1to16%}, %[weight], %[sum]"
      : [sum] "+v"(sum)
      : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [weight] "v"(weight));
}

DUIZHAO_AVX512 inline void add_pair(const std::int16_t* pair, const Wide& first, const Wide& second, Wide& first_sum,
                                    Wide& second_sum) {
  Wide factor;
  asm("vpbroadcastd %[pair], %[factor]\n\t"
      "vpdpwssd %[first], %[factor], %[first_sum]\n\t"
      "vpdpwssd %[second], %[factor], %[second_sum]"
      : [first_sum] "+&v"(first_sum), [second_sum] "+&v"(second_sum), [factor] "=&v"(factor)
      : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [first] "v"(first), [second] "v"(second));
}
#endif

// Sums of a block, as floats: added to those of the blocks before, or the first.
DUIZHAO_AVX512 inline void add_block(const Wide& block, bool is_first, float* sums) {
  const WideFloats value = __builtin_convertvector(block, WideFloats);
  auto& to = *reinterpret_cast<WideFloats*>(sums);
  to = is_first ? value : to + value;
}

// Products of kHeight rows, `stride` integers apart, with kPanels panels of 16 outputs, `panel` integers apart: `depth`
// pairs of numbers each. The sums are (kHeight, kPanels, 16).
template <int kHeight, int kPanels>
DUIZHAO_AVX512 [[gnu::noinline]] void sum_pairs(const std::int16_t* rows, std::ptrdiff_t stride,
                                                const std::int16_t* weight, std::ptrdiff_t panel, int depth,
                                                float* sums) {
  static_assert(kPanels == 1 || kPanels == 2);
  for (int start = 0; start < depth; start += kBlock / 2) {
    const int end = depth - start < kBlock / 2 ? depth : start + kBlock / 2;
    Wide whole[kHeight][kPanels];
#pragma GCC unroll 12
    for (int i = 0; i < kHeight; ++i) {
      for (int at = 0; at < kPanels; ++at) whole[i][at] = Wide{};
    }
    for (int k = start; k < end; ++k) {
      const Wide first = *reinterpret_cast<const Wide*>(weight + k * 2 * kWideLanes);
      if constexpr (kPanels == 1) {
#pragma GCC unroll 12
        for (int i = 0; i < kHeight; ++i) add_pair(rows + i * stride + 2 * k, first, whole[i][0]);
      } else {
        const Wide second = *reinterpret_cast<const Wide*>(weight + panel + k * 2 * kWideLanes);
#pragma GCC unroll 12
        for (int i = 0; i < kHeight; ++i) {
          add_pair(rows + i * stride + 2 * k, first, second, whole[i][0], whole[i][1]);
        }
      }
    }
#pragma GCC unroll 12
    for (int i = 0; i < kHeight; ++i) {
      for (int at = 0; at < kPanels; ++at) {
        add_block(whole[i][at], start == 0, sums + (i * kPanels + at) * kWideLanes);
      }
    }
  }
}

}  // namespace duizhao
