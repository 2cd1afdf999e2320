// Products of rows with a weight that was packed once.
//
// In int16 a weight's columns and the rows are integers with a scale each. Two factors of 16 bits would not fit the 32
// bits that their products are summed in, so sums are taken over blocks of 256, and the scales are such that no sum
// over a block can leave 32 bits: by Cauchy and Schwarz it is at most the product of the two blocks' lengths
// (Euclidean), and each of these is held below the root of 2^31. Blocks are added as floats. What is lost is some
// 1e-4 of a product, ten times less than bfloat16 loses; integers add up to the same in any order, and blocks are
// always added in the same one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "memory.h"
#include "vectors.h"

namespace duizhao {

enum class Precision : int { kFloat32 = 0, kInt16 = 1 };

enum class Activation : int { kNone = 0, kSwish = 1, kRelu = 2, kGelu = 3 };

// Two integers side by side.
using Pair = std::int32_t __attribute__((may_alias));

constexpr int kColumns = 16;  // of a panel: two vectors
constexpr int kRows = 6;      // that a kernel takes at a time: 12 sums and 3 factors fit 16 registers
constexpr int kBlock = 256;   // numbers whose products are summed in 32 bits
constexpr float kLongest = 46300.0f;  // of a block: with what rounding adds (8) still below the root of 2^31
constexpr float kLargest = 32767.0f;
constexpr float kSmallest = 1e-15f;
constexpr float kNothingMore = 1e-30f;  // is taken for zero
constexpr float kRootOfBlock = 16.0f;

// How much numbers are divided by to become integers whose sums of products fit.
inline float scale_of(const float* x, int n) {
  float longest = 0, largest = 0;
  for (int start = 0; start < n; start += kBlock) {
    const int end = std::min(start + kBlock, n);
    __m256 squares = _mm256_setzero_ps(), most = _mm256_setzero_ps();
    int i = start;
    for (; i + kLanes <= end; i += kLanes) {
      const __m256 value = _mm256_loadu_ps(x + i);
      squares = _mm256_fmadd_ps(value, value, squares);
      most = _mm256_max_ps(most, abs_of(value));
    }
    float sum = sum_of(squares), top = max_of(most);
    for (; i < end; ++i) {
      sum += x[i] * x[i];
      top = std::max(top, std::fabs(x[i]));
    }
    longest = std::max(longest, sum);
    largest = std::max(largest, top);
  }
  if (largest < kNothingMore) return 1.0f;
  // Squares of such would be zero. No block is longer than its largest number times the root of how many there are.
  if (largest < kSmallest) return largest * kRootOfBlock / kLongest;
  return std::max(std::sqrt(longest) / kLongest, largest / kLargest);
}

// Rows that are about to be multiplied.
class Rows {
 public:
  // Takes (n_rows, width), row after row.
  void take(const float* x, int n_rows, int width, Precision precision) {
    floats_ = x;
    width_ = width;
    n_rows_ = n_rows;
    if (precision == Precision::kFloat32) return;
    stride_ = static_cast<int>(rounded(width, 2 * kLanes));
    integers_.resize(static_cast<std::size_t>(n_rows) * stride_);
    scales_.resize(n_rows);
    for (int row = 0; row < n_rows; ++row) round(x + static_cast<std::size_t>(row) * width, row);
  }

  int n_rows() const { return n_rows_; }
  int width() const { return width_; }
  const float* floats(int row) const { return floats_ + static_cast<std::size_t>(row) * width_; }
  const std::int16_t* integers(int row) const { return integers_.data() + static_cast<std::size_t>(row) * stride_; }
  int stride() const { return stride_; }
  // What the integers of a row are multiplied by to become what they were; 1 of floats.
  float scale(int row) const { return integers_.data() == nullptr ? 1.0f : scales_[row]; }

 private:
  void round(const float* x, int row) {
    const float scale = scale_of(x, width_);
    scales_[row] = scale;
    std::int16_t* to = integers_.data() + static_cast<std::size_t>(row) * stride_;
    const __m256 factor = _mm256_set1_ps(1.0f / scale);
    int i = 0;
    for (; i + 2 * kLanes <= width_; i += 2 * kLanes) {
      const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), factor));
      const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i + kLanes), factor));
      const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), packed);
    }
    for (; i < width_; ++i) to[i] = static_cast<std::int16_t>(std::nearbyint(x[i] * (1.0f / scale)));
    for (; i < stride_; ++i) to[i] = 0;
  }

  const float* floats_ = nullptr;
  Buffer<std::int16_t> integers_;
  Buffer<float> scales_;
  int n_rows_ = 0, width_ = 0, stride_ = 0;
};

// A weight (n_out, n_in) and its bias, in panels of 16 outputs. In int16 a panel has two inputs of each output side
// by side, as the instruction takes them that multiplies pairs and adds them; in float32 one.
class Weight {
 public:
  Weight() = default;

  Weight(const float* weight, const float* bias, int n_out, int n_in, Precision precision)
      : n_out_(n_out), n_in_(n_in), precision_(precision) {
    const int n_panels = (n_out + kColumns - 1) / kColumns;
    bias_.resize(n_panels * kColumns);
    scales_.resize(n_panels * kColumns);
    std::fill_n(bias_.data(), n_panels * kColumns, 0.0f);
    std::fill_n(scales_.data(), n_panels * kColumns, 0.0f);
    std::copy_n(bias, n_out, bias_.data());
    depth_ = precision == Precision::kInt16 ? static_cast<int>(rounded(n_in, 2)) : n_in;
    const std::size_t size = static_cast<std::size_t>(n_panels) * kColumns * depth_;
    if (precision == Precision::kInt16) {
      integers_.resize(size);
      std::memset(integers_.data(), 0, size * sizeof(std::int16_t));
    } else {
      floats_.resize(size);
      std::memset(floats_.data(), 0, size * sizeof(float));
    }
    for (int out = 0; out < n_out; ++out) pack(weight + static_cast<std::size_t>(out) * n_in, out);
  }

  int n_out() const { return n_out_; }
  int n_in() const { return n_in_; }
  float bias(int out) const { return bias_[out]; }

  // Outputs first_out to last_out (the first a multiple of 16) of all rows into `to`, whose rows are `stride` apart.
  // Whole vectors are written: up to 7 numbers behind the last output, if that is no multiple of 8.
  void multiply(const Rows& rows, int first_out, int last_out, float* to, int stride,
                Activation activation = Activation::kNone) const {
    // As many rows at a time as leave the second cache room for a panel.
    const int bytes = n_in_ * (precision_ == Precision::kInt16 ? 2 : 4);
    const int most = std::max(kRows, (kCache / std::max(bytes, 1)) / kRows * kRows);
    for (int start = 0; start < rows.n_rows(); start += most) {
      const int end = std::min(start + most, rows.n_rows());
      for (int out = first_out; out < last_out; out += kColumns) {
        float* panel = to + (out - first_out);
        int row = start;
        for (; row + kRows <= end; row += kRows) tile<kRows>(rows, row, out, panel, stride, activation);
        switch (end - row) {
          case 5: tile<5>(rows, row, out, panel, stride, activation); break;
          case 4: tile<4>(rows, row, out, panel, stride, activation); break;
          case 3: tile<3>(rows, row, out, panel, stride, activation); break;
          case 2: tile<2>(rows, row, out, panel, stride, activation); break;
          case 1: tile<1>(rows, row, out, panel, stride, activation); break;
          default: break;
        }
      }
    }
  }

 private:
  static constexpr int kCache = 256 * 1024;

  void pack(const float* from, int out) {
    const std::size_t panel = static_cast<std::size_t>(out / kColumns) * kColumns * depth_;
    const int column = out % kColumns;
    if (precision_ == Precision::kFloat32) {
      for (int i = 0; i < n_in_; ++i) floats_[panel + static_cast<std::size_t>(i) * kColumns + column] = from[i];
      scales_[out] = 1.0f;
      return;
    }
    const float scale = scale_of(from, n_in_);
    const float factor = 1.0f / scale;  // rounded as in `Rows`
    scales_[out] = scale;
    for (int i = 0; i < n_in_; ++i) {
      const std::size_t place = panel + static_cast<std::size_t>(i / 2) * 2 * kColumns + 2 * column + i % 2;
      integers_[place] = static_cast<std::int16_t>(std::nearbyint(from[i] * factor));
    }
  }

  template <int kHeight>
  void tile(const Rows& rows, int row, int out, float* to, int stride, Activation activation) const {
    __m256 sums[kHeight][2];
    if (precision_ == Precision::kInt16) {
      multiply_integers<kHeight>(rows, row, out, sums);
    } else {
      multiply_floats<kHeight>(rows, row, out, sums);
    }
    for (int half = 0; half < 2 && out + half * kLanes < n_out_; ++half) {
      const __m256 bias = _mm256_load_ps(bias_.data() + out + half * kLanes);
      const __m256 scale = _mm256_load_ps(scales_.data() + out + half * kLanes);
      for (int i = 0; i < kHeight; ++i) {
        const __m256 own = _mm256_mul_ps(scale, _mm256_set1_ps(rows.scale(row + i)));
        const __m256 value = _mm256_fmadd_ps(sums[i][half], own, bias);
        _mm256_storeu_ps(to + static_cast<std::size_t>(row + i) * stride + half * kLanes, activate(value, activation));
      }
    }
  }

  template <int kHeight>
  void multiply_integers(const Rows& rows, int row, int out, __m256 (&sums)[kHeight][2]) const {
    const std::int16_t* weight = integers_.data() + static_cast<std::size_t>(out) * depth_;
    for (int start = 0; start < depth_; start += kBlock) {
      const int n_pairs = (std::min(start + kBlock, depth_) - start) / 2;
      const std::int16_t* first = rows.integers(row) + start;
      if (start == 0) {
        take_block<kHeight, true>(first, rows.stride(), weight, n_pairs, sums);
      } else {
        take_block<kHeight, false>(first, rows.stride(), weight + start * kColumns, n_pairs, sums);
      }
    }
  }

  // Adds the products of a row's two numbers with those of 16 outputs. In assembly, since the compiler would load the
  // numbers of all rows first, and then have no registers left for the twelve sums.
  static void add_pair(const std::int16_t* pair, __m256i low, __m256i high, __m256i& low_sum, __m256i& high_sum) {
    __m256i factor, product;
    asm("vpbroadcastd %[pair], %[factor]\n\t"
        "vpmaddwd %[low], %[factor], %[product]\n\t"
        "vpaddd %[product], %[low_sum], %[low_sum]\n\t"
        "vpmaddwd %[high], %[factor], %[product]\n\t"
        "vpaddd %[product], %[high_sum], %[high_sum]"
        : [low_sum] "+&x"(low_sum), [high_sum] "+&x"(high_sum), [factor] "=&x"(factor), [product] "=&x"(product)
        : [pair] "m"(*reinterpret_cast<const Pair*>(pair)), [low] "x"(low), [high] "x"(high));
  }

  template <int kHeight, bool kIsFirst>
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
        add_pair(rows + i * stride + 2 * k, low, high, whole[i][0], whole[i][1]);
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
  Precision precision_ = Precision::kFloat32;
  Buffer<std::int16_t> integers_;
  Buffer<float> floats_;
  Buffer<float> scales_, bias_;
};

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
    integers_.take(weight, n_out, n_in, precision);
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
