// Products of rows with a weight that was packed once; rows.h says what of.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "instructions.h"
#include "memory.h"
#include "rows.h"
#include "tiles.h"
#include "vectors.h"
#include "wide.h"

namespace duizhao {

enum class Activation : int { kNone = 0, kSwish = 1, kRelu = 2, kGelu = 3 };

constexpr int kColumns = 16;  // of a panel: two vectors
constexpr int kRows = 6;      // that a kernel of AVX2 takes at a time: 12 sums and 3 factors fit 16 registers
constexpr int kWideRows = 12; // and one of AVX-512, of two panels: 24 sums and 3 factors fit 32

// How rows have to lie for products with these instructions.
inline Layout layout_of(Precision precision, Instructions instructions) {
  if (precision == Precision::kFloat32) return Layout::kFloats;
  return instructions == Instructions::kAmx ? Layout::kTiles : Layout::kPairs;
}

// A weight (n_out, n_in) and its bias, in panels of 16 outputs. A panel has one input of each output after the other in
// float32; two side by side in int16, as the instruction takes them that multiplies pairs and adds them; in AMX the high
// bytes of four, and the low ones in a tile of their own.
class Weight {
 public:
  Weight() = default;

  Weight(const float* weight, const float* bias, int n_out, int n_in, Precision precision, Instructions instructions)
      : n_out_(n_out), n_in_(n_in), instructions_(instructions), layout_(layout_of(precision, instructions)) {
    const int n_panels = (n_out + kColumns - 1) / kColumns;
    bias_.resize(n_panels * kColumns);
    scales_.resize(n_panels * kColumns);
    std::fill_n(bias_.data(), n_panels * kColumns, 0.0f);
    std::fill_n(scales_.data(), n_panels * kColumns, 0.0f);
    std::copy_n(bias, n_out, bias_.data());
    constexpr int kSteps[] = {1, 2, kTileDepth};
    depth_ = static_cast<int>(rounded(n_in, kSteps[static_cast<int>(layout_)]));
    const std::size_t size = static_cast<std::size_t>(n_panels) * kColumns * depth_;
    if (layout_ == Layout::kFloats) {
      floats_.resize(size);
      std::memset(floats_.data(), 0, size * sizeof(float));
    } else {
      integers_.resize(size);
      std::memset(integers_.data(), 0, size * sizeof(std::int16_t));
    }
    for (int out = 0; out < n_out; ++out) pack(weight + static_cast<std::size_t>(out) * n_in, out);
  }

  int n_out() const { return n_out_; }
  int n_in() const { return n_in_; }
  // Of the rows that it is to be multiplied with.
  Layout layout() const { return layout_; }

  // Outputs first_out to last_out (the first a multiple of 16) of all rows into `to`, whose rows are `stride` apart.
  // Whole vectors are written: up to 7 numbers behind the last output, if that is no multiple of 8.
  void multiply(const Rows& rows, int first_out, int last_out, float* to, int stride,
                Activation activation = Activation::kNone) const {
    // As many rows at a time as leave the second cache room for a panel.
    constexpr int kMost = 48;  // what a kernel takes divides it
    static_assert(kMost % kRows == 0 && kMost % kWideRows == 0 && kMost % kTileRows == 0);
    const int bytes = n_in_ * (layout_ == Layout::kFloats ? 4 : 2);
    const int most = std::max(kMost, kCache / std::max(bytes, 1) / kMost * kMost);
    for (int start = 0; start < rows.n_rows(); start += most) {
      const Target target{first_out, last_out, to, stride, activation};
      const int end = std::min(start + most, rows.n_rows());
      if (layout_ == Layout::kTiles) {
        multiply_tiles(rows, start, end, target);
      } else if (layout_ == Layout::kFloats) {
        multiply_narrow<Kernel::kFloats>(rows, start, end, target);
      } else if (instructions_ == Instructions::kAvx512) {
        multiply_wide(rows, start, end, target);
      } else if (instructions_ == Instructions::kAvxVnni) {
        multiply_narrow<Kernel::kFusedPairs>(rows, start, end, target);
      } else {
        multiply_narrow<Kernel::kPairs>(rows, start, end, target);
      }
    }
  }

 private:
  static constexpr int kCache = 256 * 1024;

  enum class Kernel { kFloats, kPairs, kFusedPairs };

  // Outputs, and where they go.
  struct Target {
    int first_out, last_out;
    float* to;
    int stride;
    Activation activation;

    float* at(int row, int out) const { return to + static_cast<std::size_t>(row) * stride + (out - first_out); }
  };

  void pack(const float* from, int out) {
    const std::size_t panel = static_cast<std::size_t>(out / kColumns) * kColumns * depth_;
    const int column = out % kColumns;
    if (layout_ == Layout::kFloats) {
      for (int i = 0; i < n_in_; ++i) floats_[panel + static_cast<std::size_t>(i) * kColumns + column] = from[i];
      scales_[out] = 1.0f;
      return;
    }
    const float scale = scale_of(from, n_in_);
    const float factor = 1.0f / scale;  // rounded as in `Rows`
    scales_[out] = scale;
    for (int i = 0; i < n_in_; ++i) {
      const std::int16_t whole = integer_of(from[i], factor);
      if (layout_ == Layout::kPairs) {
        integers_[panel + static_cast<std::size_t>(i / 2) * 2 * kColumns + 2 * column + i % 2] = whole;
        continue;
      }
      auto* tile = reinterpret_cast<std::uint8_t*>(integers_.data() + panel) + i / kTileDepth * 2 * kTile;
      const int place = i % kTileDepth / 4 * kTileDepth + column * 4 + i % 4;
      tile[place] = static_cast<std::uint8_t>(whole >> 8);
      tile[kTile + place] = static_cast<std::uint8_t>(whole);
    }
  }

  void multiply_tiles(const Rows& rows, int start, int end, const Target& target) const {
    Tiles tiles;
    alignas(kCacheLine) float sums[kTileRows * kColumns];
    for (int out = target.first_out; out < target.last_out; out += kColumns) {
      const auto* weight = reinterpret_cast<const std::uint8_t*>(panel(out));
      for (int row = start; row < end; row += kTileRows) {
        sum_tiles(tiles, rows.tiles(row), weight, depth_, sums);
        for (int i = 0; i < kTileRows && row + i < end; ++i) put(sums + i * kColumns, rows, row + i, out, target);
      }
    }
  }

  void multiply_wide(const Rows& rows, int start, int end, const Target& target) const {
    for (int out = target.first_out; out < target.last_out; out += 2 * kColumns) {
      if (out + kColumns < target.last_out) {
        wide_panels<2>(rows, start, end, out, target);
      } else {
        wide_panels<1>(rows, start, end, out, target);
      }
    }
  }

  template <int kPanels>
  void wide_panels(const Rows& rows, int row, int end, int out, const Target& target) const {
    for (; row + kWideRows <= end; row += kWideRows) wide_tile<kWideRows, kPanels>(rows, row, out, target);
    if (row + kRows <= end) {
      wide_tile<kRows, kPanels>(rows, row, out, target);
      row += kRows;
    }
    switch (end - row) {
      case 5: wide_tile<5, kPanels>(rows, row, out, target); break;
      case 4: wide_tile<4, kPanels>(rows, row, out, target); break;
      case 3: wide_tile<3, kPanels>(rows, row, out, target); break;
      case 2: wide_tile<2, kPanels>(rows, row, out, target); break;
      case 1: wide_tile<1, kPanels>(rows, row, out, target); break;
      default: break;
    }
  }

  template <int kHeight, int kPanels>
  void wide_tile(const Rows& rows, int row, int out, const Target& target) const {
    alignas(kCacheLine) float sums[kHeight * kPanels * kColumns];
    sum_pairs<kHeight, kPanels>(rows.integers(row), rows.stride(), panel(out), panel(kColumns) - panel(0), depth_ / 2,
                                sums);
    for (int i = 0; i < kHeight; ++i) {
      for (int at = 0; at < kPanels; ++at) {
        put(sums + (i * kPanels + at) * kColumns, rows, row + i, out + at * kColumns, target);
      }
    }
  }

  const std::int16_t* panel(int out) const { return integers_.data() + static_cast<std::size_t>(out) * depth_; }

  // What the sums of a row with a panel come to.
  void put(const float* sums, const Rows& rows, int row, int out, const Target& target) const {
    for (int half = 0; half < kColumns && out + half < n_out_; half += kLanes) {
      put(_mm256_load_ps(sums + half), rows.scale(row), out + half, target.at(row, out + half), target.activation);
    }
  }

  void put(__m256 sum, float row_scale, int out, float* to, Activation activation) const {
    const __m256 scale = _mm256_mul_ps(_mm256_load_ps(scales_.data() + out), _mm256_set1_ps(row_scale));
    const __m256 value = _mm256_fmadd_ps(sum, scale, _mm256_load_ps(bias_.data() + out));
    _mm256_storeu_ps(to, activate(value, activation));
  }

  template <Kernel kKernel>
  void multiply_narrow(const Rows& rows, int start, int end, const Target& target) const {
    for (int out = target.first_out; out < target.last_out; out += kColumns) {
      int row = start;
      for (; row + kRows <= end; row += kRows) tile<kKernel, kRows>(rows, row, out, target);
      switch (end - row) {
        case 5: tile<kKernel, 5>(rows, row, out, target); break;
        case 4: tile<kKernel, 4>(rows, row, out, target); break;
        case 3: tile<kKernel, 3>(rows, row, out, target); break;
        case 2: tile<kKernel, 2>(rows, row, out, target); break;
        case 1: tile<kKernel, 1>(rows, row, out, target); break;
        default: break;
      }
    }
  }

  template <Kernel kKernel, int kHeight>
  void tile(const Rows& rows, int row, int out, const Target& target) const {
    __m256 sums[kHeight][2];
    if constexpr (kKernel == Kernel::kFloats) {
      multiply_floats<kHeight>(rows, row, out, sums);
    } else {
      multiply_integers<kKernel == Kernel::kFusedPairs, kHeight>(rows, row, out, sums);
    }
    for (int half = 0; half < 2 && out + half * kLanes < n_out_; ++half) {
      const int at = out + half * kLanes;
      for (int i = 0; i < kHeight; ++i) {
        put(sums[i][half], rows.scale(row + i), at, target.at(row + i, at), target.activation);
      }
    }
  }

  template <bool kIsFused, int kHeight>
  void multiply_integers(const Rows& rows, int row, int out, __m256 (&sums)[kHeight][2]) const {
    const std::int16_t* weight = panel(out);
    for (int start = 0; start < depth_; start += kBlock) {
      const int n_pairs = (std::min(start + kBlock, depth_) - start) / 2;
      const std::int16_t* first = rows.integers(row) + start;
      if (start == 0) {
        take_block<kIsFused, kHeight, true>(first, rows.stride(), weight, n_pairs, sums);
      } else {
        take_block<kIsFused, kHeight, false>(first, rows.stride(), weight + start * kColumns, n_pairs, sums);
      }
    }
  }

  // Adds the products of a row's two numbers with those of 16 outputs. In assembly, since the compiler would load the
  // numbers of all rows first, and then have no registers left for the twelve sums.
  [[gnu::always_inline]] static void add_pair(const std::int16_t* pair, __m256i low, __m256i high, __m256i& low_sum, __m256i& high_sum) {
    __m256i factor, product;
    asm("vpbroadcastd %[pair], %[factor]\n\t"
        "vpmaddwd %[low], %[factor], %[product]\n\t"
        "vpaddd %[product], %[low_sum], %[low_sum]\n\t"
        "vpmaddwd %[high], %[factor], %[product]\n\t"
        "vpaddd %[product], %[high_sum], %[high_sum]"
        : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor), [product] "=&x"(product)
        : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [low] "x"(low), [high] "x"(high));
  }

  [[gnu::always_inline]] static void add_pair_fused(const std::int16_t* pair, __m256i low, __m256i high,
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

  template <bool kIsFused, int kHeight, bool kIsFirst>
  [[gnu::noinline]] static void take_block(const std::int16_t* rows, std::ptrdiff_t stride, const std::int16_t* weight,
                                           int n_pairs, __m256 (&sums)[kHeight][2]) {
    __m256i whole[kHeight][2];
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) whole[i][0] = whole[i][1] = _mm256_setzero_si256();
    for (int k = 0; k < n_pairs; ++k) {
      const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(weight));
      const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(weight + 2 * kLanes));
      weight += 2 * kColumns;
#pragma GCC unroll 8
      for (int i = 0; i < kHeight; ++i) {
        const auto add = kIsFused ? add_pair_fused : add_pair;
        add(rows + i * stride + 2 * k, low, high, whole[i][0], whole[i][1]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) {
      const __m256 low = _mm256_cvtepi32_ps(whole[i][0]), high = _mm256_cvtepi32_ps(whole[i][1]);
      sums[i][0] = kIsFirst ? low : _mm256_add_ps(sums[i][0], low);
      sums[i][1] = kIsFirst ? high : _mm256_add_ps(sums[i][1], high);
    }
  }

  template <int kHeight>
  void multiply_floats(const Rows& rows, int row, int out, __m256 (&sums)[kHeight][2]) const {
    const float* weight = floats_.data() + static_cast<std::size_t>(out) * depth_;
    const float* first = rows.floats(row);
#pragma GCC unroll 8
    for (int i = 0; i < kHeight; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_ps();
    for (int k = 0; k < depth_; ++k) {
      const __m256 low = _mm256_load_ps(weight), high = _mm256_load_ps(weight + kLanes);
      weight += kColumns;
#pragma GCC unroll 8
      for (int i = 0; i < kHeight; ++i) {
        const __m256 factor = _mm256_broadcast_ss(first + static_cast<std::ptrdiff_t>(i) * n_in_ + k);
        sums[i][0] = _mm256_fmadd_ps(factor, low, sums[i][0]);
        sums[i][1] = _mm256_fmadd_ps(factor, high, sums[i][1]);
      }
    }
  }

  static __m256 activate(__m256 x, Activation activation) {
    switch (activation) {
      case Activation::kSwish: {
        const __m256 one = _mm256_set1_ps(1.0f);
        const __m256 inverse = _mm256_add_ps(one, exp_of(_mm256_sub_ps(_mm256_setzero_ps(), x)));
        return _mm256_div_ps(x, inverse);
      }
      case Activation::kRelu: return _mm256_max_ps(x, _mm256_setzero_ps());
      case Activation::kGelu: {
        alignas(32) float each[kLanes];
        _mm256_store_ps(each, x);
        for (float& value : each) value = 0.5f * value * (1.0f + std::erf(value * 0.70710678118654752f));
        return _mm256_load_ps(each);
      }
      default: return x;
    }
  }

  int n_out_ = 0, n_in_ = 0, depth_ = 0;
  Instructions instructions_ = Instructions::kAvx2;
  Layout layout_ = Layout::kFloats;
  Buffer<std::int16_t> integers_;  // in AMX pairs of tiles of bytes
  Buffer<float> floats_;
  Buffer<float> scales_, bias_;
};

// Whether products with these instructions have the bits of those with AVX2. They must; a processor, a system or an
// assembler that does not do what its manual says is found out here, and not in somebody's corpus.
inline bool agree(Instructions instructions) {
  constexpr int kOut = 40, kIn = 600, kSome = 19;
  Buffer<float> numbers(kIn * (kOut + kSome)), bias(kOut), expected(kOut * kSome), found(kOut * kSome);
  std::uint32_t state = 1;
  for (int i = 0; i < kIn * (kOut + kSome); ++i) {
    state = state * 1664525 + 1013904223;
    // Of all sizes, with some that stand out, so that high and low bytes are of all kinds.
    numbers[i] = (static_cast<float>(state >> 8) / 8388608.0f - 1.0f) * (state >> 28 == 0 ? 64.0f : 1.0f);
  }
  std::fill_n(bias.data(), kOut, 0.5f);
  const float* x = numbers.data() + kIn * kOut;
  for (const bool is_expected : {true, false}) {
    const auto taken = is_expected ? Instructions::kAvx2 : instructions;
    const Weight weight(numbers.data(), bias.data(), kOut, kIn, Precision::kInt16, taken);
    Rows rows;
    rows.take(x, kSome, kIn, weight.layout());
    weight.multiply(rows, 0, kOut, (is_expected ? expected : found).data(), kOut);
  }
  return std::memcmp(expected.data(), found.data(), sizeof(float) * kOut * kSome) == 0;
}

// A bit for each of those that can be used here.
inline unsigned usable_instructions() {
  static const unsigned usable = [] {
    unsigned all = bit_of(Instructions::kAvx2);
    for (int i = 1; i < kManyInstructions; ++i) {
      const auto instructions = static_cast<Instructions>(i);
      if ((found() & bit_of(instructions)) != 0 && agree(instructions)) all |= bit_of(instructions);
    }
    return all;
  }();
  return usable;
}

// A weight (n_out, n_in) and its bias, output by output, for products with a few outputs of one's choice. In int16 they
// are those of `Weight`, to the last bit.
class Table {
 public:
  Table() = default;

  Table(const float* weight, const float* bias, int n_out, int n_in, Precision precision)
      : n_in_(n_in), precision_(precision) {
    bias_.resize(n_out);
    std::copy_n(bias, n_out, bias_.data());
    if (precision == Precision::kFloat32) {
      floats_.resize(static_cast<std::size_t>(n_out) * n_in);
      std::copy_n(weight, static_cast<std::size_t>(n_out) * n_in, floats_.data());
      return;
    }
    // The scales of its outputs are found as those of rows are.
    integers_.take(weight, n_out, n_in, Layout::kPairs);
  }

  // Outputs `outs`, n of them, of rows first_row to first_row + n_rows into `to`, whose rows are `stride` apart.
  void multiply(const Rows& rows, int first_row, int n_rows, const int* outs, int n, float* to, int stride) const {
    constexpr int kMost = 4;
    for (int row = 0; row < n_rows; row += kMost) {
      for (int i = 0; i < n; ++i) {
        float* at = to + static_cast<std::size_t>(row) * stride + i;
        switch (std::min(kMost, n_rows - row)) {
          case 4: some<4>(rows, first_row + row, outs[i], at, stride); break;
          case 3: some<3>(rows, first_row + row, outs[i], at, stride); break;
          case 2: some<2>(rows, first_row + row, outs[i], at, stride); break;
          default: some<1>(rows, first_row + row, outs[i], at, stride); break;
        }
      }
    }
  }

 private:
  template <int kHeight>
  void some(const Rows& rows, int row, int out, float* to, int stride) const {
    float sums[kHeight] = {};
    if (precision_ == Precision::kInt16) {
      for (int start = 0; start < integers_.stride(); start += kBlock) add_block(rows, row, out, start, sums);
    } else {
      add_floats(rows, row, out, sums);
    }
    for (int i = 0; i < kHeight; ++i) {
      const float scale = precision_ == Precision::kInt16 ? integers_.scale(out) * rows.scale(row + i) : 1.0f;
      to[static_cast<std::size_t>(i) * stride] = std::fma(sums[i], scale, bias_[out]);
    }
  }

  template <int kHeight>
  void add_block(const Rows& rows, int row, int out, int start, float (&sums)[kHeight]) const {
    const std::int16_t* weight = integers_.integers(out);
    const int end = std::min(start + kBlock, integers_.stride());
    __m256i whole[kHeight];
    for (auto& sum : whole) sum = _mm256_setzero_si256();
    for (int k = start; k < end; k += 2 * kLanes) {
      const __m256i factor = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weight + k));
      for (int i = 0; i < kHeight; ++i) {
        const auto* own = reinterpret_cast<const __m256i*>(rows.integers(row + i) + k);
        whole[i] = _mm256_add_epi32(whole[i], _mm256_madd_epi16(factor, _mm256_loadu_si256(own)));
      }
    }
    for (int i = 0; i < kHeight; ++i) {
      // In any order integers add up to the same, as long as that fits, which it does here too.
      __m128i half = _mm_add_epi32(_mm256_castsi256_si128(whole[i]), _mm256_extracti128_si256(whole[i], 1));
      half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
      half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
      const float block = static_cast<float>(_mm_cvtsi128_si32(half));
      sums[i] = start == 0 ? block : sums[i] + block;
    }
  }

  template <int kHeight>
  void add_floats(const Rows& rows, int row, int out, float (&sums)[kHeight]) const {
    const float* weight = floats_.data() + static_cast<std::size_t>(out) * n_in_;
    __m256 parts[kHeight];
    for (auto& part : parts) part = _mm256_setzero_ps();
    for (int k = 0; k < n_in_; k += kLanes) {
      const __m256 factor = _mm256_loadu_ps(weight + k);
      for (int i = 0; i < kHeight; ++i) {
        parts[i] = _mm256_fmadd_ps(factor, _mm256_loadu_ps(rows.floats(row + i) + k), parts[i]);
      }
    }
    for (int i = 0; i < kHeight; ++i) sums[i] = sum_of(parts[i]);
  }

  int n_in_ = 0;
  Precision precision_ = Precision::kFloat32;
  Rows integers_;
  Buffer<float> floats_, bias_;
};

}  // namespace duizhao
