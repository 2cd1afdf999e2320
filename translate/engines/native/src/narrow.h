// Products in AVX2: 6 rows by 16 outputs at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "instructions.h"
#include "rows.h"

namespace duizhao {

constexpr int kColumns = 16;  // of a panel: two vectors
constexpr int kRows = 6;      // 12 sums and 3 factors fit 16 registers

// Adds the products of a row's two numbers with those of 16 outputs. In assembly, since the compiler would load the
// numbers of all rows first, and then have no registers left for the twelve sums.
[[gnu::always_inline]] inline void add_pair(const std::int16_t* pair, __m256i low, __m256i high, __m256i& low_sum,
                                          __m256i& high_sum) {
  __m256i factor, product;
  asm("vpbroadcastd %[pair], %[factor]\n\t"
      "vpmaddwd %[low], %[factor], %[product]\n\t"
      "vpaddd %[product], %[low_sum], %[low_sum]\n\t"
      "vpmaddwd %[high], %[factor], %[product]\n\t"
      "vpaddd %[product], %[high_sum], %[high_sum]"
      : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor), [product] "=&x"(product)
      : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [low] "x"(low), [high] "x"(high));
}

[[gnu::always_inline]] inline void add_pair_fused(const std::int16_t* pair, __m256i low, __m256i high,
                                                  __m256i& low_sum, __m256i& high_sum) {
#if defined(DUIZHAO_EMULATED) || !defined(DUIZHAO_KNOWS_NEW)
  add_pair(pair, low, high, low_sum, high_sum);
#else
  __m256i factor;
  asm("vpbroadcastd %[pair], %[factor]\n\t"
      "%{vex%} vpdpwssd %[low], %[factor], %[low_sum]\n\t"
      "%{vex%} vpdpwssd %[high], %[factor], %[high_sum]"
      : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor)
      : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [low] "x"(low), [high] "x"(high));
#endif
}

// Products of kHeight rows, `stride` integers apart, with a panel: `depth` pairs of numbers each. The sums are (kHeight, 16).
template <int kHeight, bool kIsFused>
[[gnu::noinline]] void sum_pairs_narrow(const std::int16_t* rows, std::ptrdiff_t stride, const std::int16_t* weight,
                                        int depth, float* sums) {
  for (int start = 0; start < depth; start += kBlock / 2) {
    const int n_pairs = depth - start < kBlock / 2 ? depth - start : kBlock / 2;
    __m256i whole[kHeight][2];
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) whole[i][0] = whole[i][1] = _mm256_setzero_si256();
    // An instruction can reach three rows from one address; the compiler would add up six.
    const std::int16_t* upper = rows + 2 * start;
    const std::int16_t* lower = upper + 3 * stride;
    const auto add_all = [&](int k) __attribute__((always_inline)) {
      const auto* both = reinterpret_cast<const __m256i*>(weight) + 2 * k;
      const __m256i low = _mm256_load_si256(both), high = _mm256_load_si256(both + 1);
#pragma GCC unroll 8
      for (int i = 0; i < kHeight; ++i) {
        const std::int16_t* pair = (i < 3 ? upper + i * stride : lower + (i - 3) * stride) + 2 * k;
        if constexpr (kIsFused) {
          add_pair_fused(pair, low, high, whole[i][0], whole[i][1]);
        } else {
          add_pair(pair, low, high, whole[i][0], whole[i][1]);
        }
      }
    };
    const auto go_on = [&](int k) __attribute__((always_inline)) {
      upper += 2 * k;
      lower += 2 * k;
      weight += 2 * k * kColumns;
      asm("" : "+r"(upper), "+r"(lower));
    };
    for (int k = 0; k + 2 <= n_pairs; k += 2) {
      add_all(0);
      add_all(1);
      go_on(2);
    }
    if (n_pairs % 2 != 0) {
      add_all(0);
      go_on(1);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) {
      for (int half = 0; half < 2; ++half) {
        float* to = sums + i * kColumns + half * kLanes;
        const __m256 block = _mm256_cvtepi32_ps(whole[i][half]);
        _mm256_store_ps(to, start == 0 ? block : _mm256_add_ps(_mm256_load_ps(to), block));
      }
    }
  }
}

// The same of floats, `depth` of each row.
template <int kHeight>
[[gnu::noinline]] void sum_floats(const float* rows, std::ptrdiff_t stride, const float* weight, int depth,
                                  float* sums) {
  __m256 whole[kHeight][2];
#pragma GCC unroll 8
  for (int i = 0; i < kHeight; ++i) whole[i][0] = whole[i][1] = _mm256_setzero_ps();
  for (int k = 0; k < depth; ++k) {
    const __m256 low = _mm256_load_ps(weight), high = _mm256_load_ps(weight + kLanes);
    weight += kColumns;
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) {
      const __m256 factor = _mm256_broadcast_ss(rows + i * stride + k);
      whole[i][0] = _mm256_fmadd_ps(factor, low, whole[i][0]);
      whole[i][1] = _mm256_fmadd_ps(factor, high, whole[i][1]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kHeight; ++i) {
    _mm256_store_ps(sums + i * kColumns, whole[i][0]);
    _mm256_store_ps(sums + i * kColumns + kLanes, whole[i][1]);
  }
}

}  // namespace duizhao
