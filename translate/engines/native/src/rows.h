// Rows of numbers that are about to be multiplied, as the instructions take them that multiply.
//
// In int16 the rows, and a weight's columns, are integers with a scale each. Two factors of 16 bits would not fit the
// 32 bits that their products are summed in, so sums are taken over blocks of 256, and the scales are such that no sum
// over a block can leave 32 bits: by Cauchy and Schwarz it is at most the product of the two blocks' lengths
// (Euclidean), and each of these is held below the root of 2^31. Blocks are added as floats. What is lost is some
// 1e-4 of a product, ten times less than bfloat16 loses; integers add up to the same in any order, and blocks are
// always added in the same one. In int8 a row is bytes (bytes.h).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "memory.h"
#include "vectors.h"

namespace duizhao {

enum class Precision : int { kFloat32 = 0, kInt16 = 1, kInt8 = 2 };

// How numbers lie in memory.
enum class Layout {
  kFloats,
  kPairs,  // of 16 bits, row after row
  kTiles,  // their bytes, the high ones and the low ones apart (tiles.h)
  kBytes,  // without a sign, row after row (bytes.h)
};

constexpr int kBlock = 256;  // numbers whose products are summed in 32 bits
constexpr float kLongest = 46300.0f;  // of a block: with what rounding adds (8) still below the root of 2^31
constexpr float kLargest = 32767.0f;
constexpr float kSmallest = 1e-15f;
constexpr float kNothingMore = 1e-30f;  // is taken for zero
constexpr float kRootOfBlock = 16.0f;

// Two integers side by side.
using Pair = std::int32_t __attribute__((may_alias));

// A tile: 16 rows of a factor, 64 bytes of each.
constexpr int kTileRows = 16;
constexpr int kTileDepth = 64;
constexpr std::size_t kTile = kTileRows * kTileDepth;

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

// Sixteen numbers as integers; `factor` is one over their scale.
inline __m256i integers_of(const float* x, __m256 factor) {
  const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), factor));
  const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + kLanes), factor));
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
}

inline std::int16_t integer_of(float x, float factor) { return static_cast<std::int16_t>(std::nearbyint(x * factor)); }

class Rows {
 public:
  // Takes (n_rows, width), row after row; floats stay where they are.
  void take(const float* x, int n_rows, int width, Layout layout) {
    floats_ = x;
    width_ = width;
    n_rows_ = n_rows;
    scales_.resize(n_rows);
    if (layout == Layout::kFloats) {
      std::fill_n(scales_.data(), n_rows, 1.0f);
      return;
    }
    if (layout == Layout::kBytes) return take_bytes(x);
    if (layout == Layout::kPairs) {
      stride_ = static_cast<int>(rounded(width, 2 * kLanes));
      integers_.resize(static_cast<std::size_t>(n_rows) * stride_);
    } else {
      stride_ = static_cast<int>(rounded(width, kTileDepth));
      integers_.resize(stride_);
      bytes_.resize(rounded(n_rows, kTileRows) * stride_ * 2);
    }
    for (int row = 0; row < n_rows; ++row) {
      std::int16_t* to = integers_.data() + (layout == Layout::kPairs ? static_cast<std::size_t>(row) * stride_ : 0);
      round(x + static_cast<std::size_t>(row) * width, row, to);
      if (layout == Layout::kTiles) part(to, row);
    }
  }

  int n_rows() const { return n_rows_; }
  int width() const { return width_; }
  const float* floats(int row) const { return floats_ + static_cast<std::size_t>(row) * width_; }
  // Of pairs.
  const std::int16_t* integers(int row) const { return integers_.data() + static_cast<std::size_t>(row) * stride_; }
  int stride() const { return stride_; }
  // Of 16 rows, of which this is the first, two tiles for every 64 numbers: the high bytes and the low ones.
  const std::uint8_t* tiles(int row) const { return bytes_.data() + static_cast<std::size_t>(row) * stride_ * 2; }
  // Of bytes.
  const std::uint8_t* bytes(int row) const { return bytes_.data() + static_cast<std::size_t>(row) * stride_; }
  // The bytes that zero became, of rows from this one on.
  const std::int32_t* zeros(int row) const { return zeros_.data() + row; }
  // What the integers of rows from this one on are multiplied by to become what they were; 1 of floats.
  const float* scales(int row) const { return scales_.data() + row; }

 private:
  static constexpr float kSteps = 254;  // of a row's range: the ends are rounded, which may need one more

  // Rows behind the last one and numbers behind a row's end are zeros.
  void take_bytes(const float* x) {
    stride_ = static_cast<int>(rounded(width_, kTileDepth));
    const std::size_t n_whole = rounded(n_rows_, 2 * kTileRows);
    bytes_.resize(n_whole * stride_);
    zeros_.resize(n_whole);
    std::fill_n(zeros_.data() + n_rows_, n_whole - n_rows_, 0);
    std::memset(bytes_.data() + static_cast<std::size_t>(n_rows_) * stride_, 0, (n_whole - n_rows_) * stride_);
    for (int row = 0; row < n_rows_; ++row) {
      to_bytes(x + static_cast<std::size_t>(row) * width_, row, bytes_.data() + static_cast<std::size_t>(row) * stride_);
    }
  }

  void to_bytes(const float* x, int row, std::uint8_t* to) {
    __m256 most = _mm256_setzero_ps(), least = _mm256_setzero_ps();
    int i = 0;
    for (; i + kLanes <= width_; i += kLanes) {
      most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
      least = _mm256_min_ps(least, _mm256_loadu_ps(x + i));
    }
    float top = max_of(most), bottom = -max_of(_mm256_xor_ps(least, _mm256_set1_ps(-0.0f)));
    for (; i < width_; ++i) {
      top = std::max(top, x[i]);
      bottom = std::min(bottom, x[i]);
    }
    const float scale = std::max((top - bottom) / kSteps, kNothingMore), factor = 1.0f / scale;
    const auto zero = static_cast<std::int32_t>(std::nearbyint(-bottom * factor));
    scales_[row] = scale;
    zeros_[row] = zero;
    const __m256 factors = _mm256_set1_ps(factor);
    const __m256i zeros = _mm256_set1_epi32(zero);
    const auto whole = [&](int at) {
      return _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + at), factors)), zeros);
    };
    for (i = 0; i + 4 * kLanes <= width_; i += 4 * kLanes) {
      const __m256i low = _mm256_packs_epi32(whole(i), whole(i + kLanes));
      const __m256i high = _mm256_packs_epi32(whole(i + 2 * kLanes), whole(i + 3 * kLanes));
      const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
      const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
      _mm256_store_si256(reinterpret_cast<__m256i*>(to + i), packed);
    }
    for (; i < width_; ++i) {
      const auto number = static_cast<std::int32_t>(std::nearbyint(x[i] * factor)) + zero;
      to[i] = static_cast<std::uint8_t>(std::clamp(number, 0, 255));
    }
    // The weights are zero there.
    std::memset(to + width_, 0, stride_ - width_);
  }

  void round(const float* x, int row, std::int16_t* to) {
    const float scale = scale_of(x, width_);
    scales_[row] = scale;
    const __m256 factor = _mm256_set1_ps(1.0f / scale);
    int i = 0;
    for (; i + 2 * kLanes <= width_; i += 2 * kLanes) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), integers_of(x + i, factor));
    }
    for (; i < width_; ++i) to[i] = integer_of(x[i], 1.0f / scale);
    for (; i < stride_; ++i) to[i] = 0;
  }

  // An integer is 256 times its high byte, which has a sign, and its low byte, which has none.
  void part(const std::int16_t* from, int row) {
    std::uint8_t* group = bytes_.data() + static_cast<std::size_t>(row / kTileRows) * kTileRows * stride_ * 2;
    group += row % kTileRows * kTileDepth;
    const __m256i low_byte = _mm256_set1_epi16(255);
    for (int i = 0; i < stride_; i += 4 * kLanes) {
      const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
      const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i + 2 * kLanes));
      const __m256i high = _mm256_packs_epi16(_mm256_srai_epi16(first, 8), _mm256_srai_epi16(second, 8));
      const __m256i low =
          _mm256_packus_epi16(_mm256_and_si256(first, low_byte), _mm256_and_si256(second, low_byte));
      std::uint8_t* to = group + i / kTileDepth * 2 * kTile + i % kTileDepth;
      _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(high, 0xd8));
      _mm256_store_si256(reinterpret_cast<__m256i*>(to + kTile), _mm256_permute4x64_epi64(low, 0xd8));
    }
  }

  const float* floats_ = nullptr;
  Buffer<std::int16_t> integers_;
  Buffer<std::uint8_t> bytes_;
  Buffer<float> scales_;
  Buffer<std::int32_t> zeros_;
  int n_rows_ = 0, width_ = 0, stride_ = 0;
};

}  // namespace duizhao
