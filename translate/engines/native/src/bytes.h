// Products of bytes: rows without a sign, weights with one, and their sums in 32 bits.
//
// A row is its numbers' range in 255 steps, so that zero is one of them: `zero`. What that adds to a sum is `zero` times
// the sum of the output's weights, which is taken off again in integers. AVX2 adds products of bytes up in 16 bits, two
// by two, and what does not fit is cut off; so an output's scale is such that four weights which meet there are never
// more than 128 together. That costs next to nothing, since what a product of bytes loses it loses by the rows. The sums
// are exact, and so the same with all instructions and in any order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "instructions.h"
#include "narrow.h"
#include "rows.h"
#include "tiles.h"
#include "wide.h"

namespace duizhao {

constexpr int kByteRows = 4;       // that a kernel of AVX2 takes at a time
constexpr int kQuad = 4;           // bytes that an instruction multiplies and adds
constexpr int kOctet = 2 * kQuad;  // whose products AVX2 adds in 16 bits
constexpr float kTogether = 126;   // most that four weights are, before each is rounded: 255 * 128 fits 16 bits
constexpr float kLargestByte = 127;

// How much an output's weights are divided by to become bytes.
inline float byte_scale_of(const float* x, int n) {
  float scale = kNothingMore;
  const auto size = [&](int i) { return i < n ? std::fabs(x[i]) : 0.0f; };
  for (int i = 0; i < n; ++i) scale = std::max(scale, size(i) / kLargestByte);
  for (int i = 0; i < n; i += kOctet) {
    for (int k = i; k < i + kQuad; k += 2) {
      scale = std::max(scale, (size(k) + size(k + 1) + size(k + kQuad) + size(k + kQuad + 1)) / kTogether);
    }
  }
  return scale;
}

// Numbers of a weight's output as bytes; `put` is called with the place and the byte of each. Returns their sum.
template <typename F>
std::int32_t put_bytes(const float* x, int n, float scale, F put) {
  const float factor = 1.0f / scale;
  std::int32_t total = 0;
  for (int i = 0; i < n; ++i) {
    const auto whole = static_cast<std::int8_t>(std::nearbyint(x[i] * factor));
    put(i, static_cast<std::uint8_t>(whole));
    total += whole;
  }
  return total;
}

// What a kernel takes: rows from one on, `stride` bytes apart, their zeros, and panels of a weight, `panel` bytes apart,
// with the sums of their outputs. `depth` is a multiple of kTileDepth.
struct Bytes {
  const std::uint8_t* rows;
  std::ptrdiff_t stride;
  const std::int32_t* zeros;
  const std::uint8_t* weight;
  std::ptrdiff_t panel;
  const std::int32_t* totals;
  int depth;
};

// Adds the products of eight bytes of a row with those of 16 outputs: `first` and `second` four each.
[[gnu::always_inline]] inline void add_octet(const std::uint8_t* row, const __m256i (&first)[2],
                                             const __m256i* second, __m256i ones, __m256i& low_sum,
                                             __m256i& high_sum) {
  __m256i factor, other, low, high;
  asm("vpbroadcastd %[row], %[factor]\n\t"
      "vpbroadcastd %[next], %[other]\n\t"
      "vpmaddubsw %[first_low], %[factor], %[low]\n\t"
      "vpmaddubsw %[second_low], %[other], %[high]\n\t"
      "vpaddw %[high], %[low], %[low]\n\t"
      "vpmaddubsw %[first_high], %[factor], %[high]\n\t"
      "vpmaddubsw %[second_high], %[other], %[other]\n\t"
      "vpmaddwd %[ones], %[low], %[low]\n\t"
      "vpaddw %[other], %[high], %[high]\n\t"
      "vpaddd %[low], %[low_sum], %[low_sum]\n\t"
      "vpmaddwd %[ones], %[high], %[high]\n\t"
      "vpaddd %[high], %[high_sum], %[high_sum]"
      : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor), [other] "=&x"(other),
        [low] "=&x"(low), [high] "=&x"(high)
      : [row] "m"(*reinterpret_cast<const Pair*>(row)), [next] "m"(*reinterpret_cast<const Pair*>(row + kQuad)),
        [first_low] "x"(first[0]), [first_high] "x"(first[1]), [second_low] "m"(second[0]),
        [second_high] "m"(second[1]), [ones] "x"(ones));
}

// Adds the products of four bytes of a row, one instruction for eight outputs.
[[gnu::always_inline]] inline void add_quad_fused(const std::uint8_t* row, __m256i low, __m256i high,
                                                  __m256i& low_sum, __m256i& high_sum) {
#if defined(DUIZHAO_EMULATED) || !defined(DUIZHAO_KNOWS_NEW)
  const __m256i factor = _mm256_set1_epi32(*reinterpret_cast<const Pair*>(row)), ones = _mm256_set1_epi16(1);
  low_sum = _mm256_add_epi32(low_sum, _mm256_madd_epi16(_mm256_maddubs_epi16(factor, low), ones));
  high_sum = _mm256_add_epi32(high_sum, _mm256_madd_epi16(_mm256_maddubs_epi16(factor, high), ones));
#else
  __m256i factor;
  asm("vpbroadcastd %[row], %[factor]\n\t"
      "%{vex%} vpdpbusd %[low], %[factor], %[low_sum]\n\t"
      "%{vex%} vpdpbusd %[high], %[factor], %[high_sum]"
      : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor)
      : [row] "m"(*reinterpret_cast<const Pair*>(row)), [low] "x"(low), [high] "x"(high));
#endif
}

// Products of kHeight rows with a panel of 16 outputs. The sums are (kHeight, 16).
template <int kHeight, bool kIsFused>
[[gnu::noinline]] void sum_bytes_narrow(const Bytes& bytes, float* sums) {
  __m256i whole[kHeight][2];
#pragma GCC unroll 8
  for (int i = 0; i < kHeight; ++i) whole[i][0] = whole[i][1] = _mm256_setzero_si256();
  // An instruction can reach three rows from one address; the compiler would add up six.
  const std::ptrdiff_t stride = bytes.stride;
  const std::uint8_t *upper = bytes.rows, *lower = bytes.rows + 3 * stride;
  const auto* weight = reinterpret_cast<const __m256i*>(bytes.weight);
  const __m256i ones = _mm256_set1_epi16(1);
  for (int k = 0; k < bytes.depth; k += kOctet) {
    const __m256i first[2] = {_mm256_load_si256(weight), _mm256_load_si256(weight + 1)};
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) {
      const std::uint8_t* row = i < 3 ? upper + i * stride : lower + (i - 3) * stride;
      if constexpr (kIsFused) {
        add_quad_fused(row, first[0], first[1], whole[i][0], whole[i][1]);
      } else {
        add_octet(row, first, weight + 2, ones, whole[i][0], whole[i][1]);
      }
    }
    if constexpr (kIsFused) {
      const __m256i low = _mm256_load_si256(weight + 2), high = _mm256_load_si256(weight + 3);
#pragma GCC unroll 8
      for (int i = 0; i < kHeight; ++i) {
        const std::uint8_t* row = i < 3 ? upper + i * stride : lower + (i - 3) * stride;
        add_quad_fused(row + kQuad, low, high, whole[i][0], whole[i][1]);
      }
    }
    upper += kOctet;
    lower += kOctet;
    weight += 4;
    asm("" : "+r"(upper), "+r"(lower));
  }
#pragma GCC unroll 8
  for (int i = 0; i < kHeight; ++i) {
    const __m256i zero = _mm256_set1_epi32(bytes.zeros[i]);
    for (int half = 0; half < 2; ++half) {
      const auto* totals = reinterpret_cast<const __m256i*>(bytes.totals) + half;
      const __m256i away = _mm256_mullo_epi32(zero, _mm256_load_si256(totals));
      _mm256_store_ps(sums + i * kColumns + half * kLanes, _mm256_cvtepi32_ps(_mm256_sub_epi32(whole[i][half], away)));
    }
  }
}

#ifdef DUIZHAO_EMULATED
inline void add_quad(const Wide& factor, const Wide& weight, Wide& sum) {
  __m256i factors[2], weights[2], sums[2];
  std::memcpy(factors, &factor, sizeof(factor));
  std::memcpy(weights, &weight, sizeof(weight));
  std::memcpy(sums, &sum, sizeof(sum));
  for (int i = 0; i < 2; ++i) {
    const __m256i pairs = _mm256_maddubs_epi16(factors[i], weights[i]);
    sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  std::memcpy(&sum, sums, sizeof(sum));
}
#else
DUIZHAO_AVX512 inline void add_quad(const Wide& factor, const Wide& weight, Wide& sum) {
  asm("vpdpbusd %[weight], %[factor], %[sum]" : [sum] "+v"(sum) : [factor] "v"(factor), [weight] "v"(weight));
}
#endif

// Four bytes, sixteen times.
DUIZHAO_AVX512 inline void repeat(const std::uint8_t* bytes, Wide& all) {
#ifdef DUIZHAO_EMULATED
  all = Wide{} + *reinterpret_cast<const Pair*>(bytes);
#else
  // In assembly, so that the compiler does not load the numbers of all rows before it multiplies the first.
  asm("vpbroadcastd %[bytes], %[all]" : [all] "=v"(all) : [bytes] "m"(*reinterpret_cast<const Pair*>(bytes)));
#endif
}

// Products of kHeight rows with kPanels panels of 16 outputs. The sums are (kHeight, kPanels, 16).
template <int kHeight, int kPanels>
DUIZHAO_AVX512 [[gnu::noinline]] void sum_bytes_wide(const Bytes& bytes, float* sums) {
  static_assert(kPanels == 1 || kPanels == 2);
  Wide whole[kHeight][kPanels];
#pragma GCC unroll 12
  for (int i = 0; i < kHeight; ++i) {
    for (int at = 0; at < kPanels; ++at) whole[i][at] = Wide{};
  }
  const std::uint8_t *rows = bytes.rows, *weight = bytes.weight;
  for (int k = 0; k < bytes.depth; k += kQuad, rows += kQuad, weight += kQuad * kWideLanes) {
    const Wide first = *reinterpret_cast<const Wide*>(weight);
    const Wide second = *reinterpret_cast<const Wide*>(weight + (kPanels - 1) * bytes.panel);
#pragma GCC unroll 12
    for (int i = 0; i < kHeight; ++i) {
      Wide factor;
      repeat(rows + i * bytes.stride, factor);
      add_quad(factor, first, whole[i][0]);
      if constexpr (kPanels == 2) add_quad(factor, second, whole[i][kPanels - 1]);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < kHeight; ++i) {
    for (int at = 0; at < kPanels; ++at) {
      const Wide away = reinterpret_cast<const Wide*>(bytes.totals)[at] * bytes.zeros[i];
      add_block(whole[i][at] - away, true, sums + (i * kPanels + at) * kWideLanes);
    }
  }
}

// Products of kHigh times 16 rows with kPanels panels of 16 outputs. The sums are (kHigh * 16, kPanels, 16).
template <int kHigh, int kPanels>
DUIZHAO_AVX512 [[gnu::noinline]] void sum_byte_tiles(Tiles& tiles, const Bytes& bytes, float* sums) {
  alignas(kCacheLine) std::int32_t parts[4 * kTileRows * kTileRows];
  tiles.clear();
  for (int k = 0; k < bytes.depth; k += kTileDepth) {
    tiles.add_bytes<kHigh, kPanels>(bytes.rows + k, bytes.stride, bytes.weight + k * kTileRows, bytes.panel);
  }
  tiles.store(parts);
  for (int high = 0; high < kHigh; ++high) {
    for (int row = 0; row < kTileRows; ++row) {
      const int i = high * kTileRows + row;
      for (int at = 0; at < kPanels; ++at) {
        const auto& whole = *reinterpret_cast<const Wide*>(parts + ((2 * high + at) * kTileRows + row) * kTileRows);
        const Wide away = reinterpret_cast<const Wide*>(bytes.totals)[at] * bytes.zeros[i];
        add_block(whole - away, true, sums + (i * kPanels + at) * kWideLanes);
      }
    }
  }
}

}  // namespace duizhao
