// Products of rows with a few outputs of a weight.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "bytes.h"
#include "memory.h"
#include "rows.h"
#include "vectors.h"

namespace duizhao {

// A weight (n_out, n_in) and its bias, output by output, for products with a few outputs of one's choice. In int16
// and int8 they are those of `Weight`, to the last bit.
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
    if (precision == Precision::kInt8) {
      depth_ = static_cast<int>(rounded(n_in, kTileDepth));
      bytes_.resize(static_cast<std::size_t>(n_out) * depth_);
      std::memset(bytes_.data(), 0, static_cast<std::size_t>(n_out) * depth_);
      totals_.resize(n_out);
      scales_.resize(n_out);
      for (int out = 0; out < n_out; ++out) {
        const float* from = weight + static_cast<std::size_t>(out) * n_in;
        std::uint8_t* to = bytes_.data() + static_cast<std::size_t>(out) * depth_;
        scales_[out] = byte_scale_of(from, n_in);
        totals_[out] = put_bytes(from, n_in, scales_[out], [to](int i, std::uint8_t byte) { to[i] = byte; });
      }
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
    if (precision_ == Precision::kInt8) {
      add_bytes(rows, row, out, sums);
    } else if (precision_ == Precision::kInt16) {
      for (int start = 0; start < integers_.stride(); start += kBlock) add_block(rows, row, out, start, sums);
    } else {
      add_floats(rows, row, out, sums);
    }
    for (int i = 0; i < kHeight; ++i) {
      const float scale = scale_of_output(out) * *rows.scales(row + i);
      to[static_cast<std::size_t>(i) * stride] = std::fma(sums[i], scale, bias_[out]);
    }
  }

  float scale_of_output(int out) const {
    if (precision_ == Precision::kFloat32) return 1.0f;
    return precision_ == Precision::kInt8 ? scales_[out] : *integers_.scales(out);
  }

  // In any order integers add up to the same, as long as that fits, which it does here too.
  static std::int32_t sum_of_integers(__m256i each) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(each), _mm256_extracti128_si256(each, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
  }

  template <int kHeight>
  void add_bytes(const Rows& rows, int row, int out, float (&sums)[kHeight]) const {
    const std::uint8_t* weight = bytes_.data() + static_cast<std::size_t>(out) * depth_;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i whole[kHeight];
    for (auto& sum : whole) sum = _mm256_setzero_si256();
    for (int k = 0; k < depth_; k += 4 * kLanes) {
      const __m256i factor = _mm256_load_si256(reinterpret_cast<const __m256i*>(weight + k));
      for (int i = 0; i < kHeight; ++i) {
        const __m256i own = _mm256_load_si256(reinterpret_cast<const __m256i*>(rows.bytes(row + i) + k));
        const __m256i pairs = _mm256_maddubs_epi16(own, factor);
        whole[i] = _mm256_add_epi32(whole[i], _mm256_madd_epi16(pairs, ones));
      }
    }
    for (int i = 0; i < kHeight; ++i) {
      sums[i] = static_cast<float>(sum_of_integers(whole[i]) - *rows.zeros(row + i) * totals_[out]);
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
      const float block = static_cast<float>(sum_of_integers(whole[i]));
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

  int n_in_ = 0, depth_ = 0;
  Precision precision_ = Precision::kFloat32;
  Rows integers_;
  Buffer<std::uint8_t> bytes_;
  Buffer<std::int32_t> totals_;
  Buffer<float> floats_, bias_, scales_;
};

}  // namespace duizhao
