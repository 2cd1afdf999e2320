// Attention: keys and values, and what queries read of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "memory.h"
#include "vectors.h"
#include "wide_attention.h"

namespace duizhao {

// Keys and values of a sentence, that queries read: of each head keys as (head_width, room), values as (room,
// head_width). `room` is a multiple of kLanes, and had better be one of kWideLanes where they are read with AVX-512;
// slots that are hidden from a query have minus infinity in its mask, those that it sees zero.
class Memory {
 public:
  // Makes room for as many slots, n_kept of which stay what they are; all others are zero, so that what is hidden is a
  // number, which zero times it must be.
  void make_room(int room, int n_heads, int width, int n_kept = 0) {
    Memory fresh;
    fresh.room_ = room;
    fresh.head_width_ = width / n_heads;
    fresh.keys_.resize(static_cast<std::size_t>(width) * room);
    fresh.values_.resize(static_cast<std::size_t>(width) * room);
    std::memset(fresh.keys_.data(), 0, sizeof(float) * width * room);
    std::memset(fresh.values_.data(), 0, sizeof(float) * width * room);
    for (int i = 0; n_kept > 0 && i < width; ++i) {
      std::copy_n(keys_.data() + static_cast<std::size_t>(i) * room_, n_kept,
                  fresh.keys_.data() + static_cast<std::size_t>(i) * room);
    }
    for (int head = 0; n_kept > 0 && head < n_heads; ++head) {
      const std::size_t at = static_cast<std::size_t>(head) * head_width_;
      std::copy_n(values_.data() + at * room_, static_cast<std::size_t>(n_kept) * head_width_,
                  fresh.values_.data() + at * room);
    }
    *this = std::move(fresh);
  }

  // Keys and values, `width` numbers each, one behind the other, into slots from first_slot on; rows are `stride` apart.
  void put(const float* kv, int stride, int n_rows, int first_slot, int n_heads) {
    const int width = n_heads * head_width_;
    for (int i = 0; i < width; ++i) {
      float* key = keys_.data() + static_cast<std::size_t>(i) * room_ + first_slot;
      for (int row = 0; row < n_rows; ++row) key[row] = kv[static_cast<std::size_t>(row) * stride + i];
    }
    for (int row = 0; row < n_rows; ++row) {
      const float* value = kv + static_cast<std::size_t>(row) * stride + width;
      for (int head = 0; head < n_heads; ++head) {
        const std::size_t at = static_cast<std::size_t>(head) * head_width_ * room_;
        std::copy_n(value + head * head_width_, head_width_,
                    values_.data() + at + static_cast<std::size_t>(first_slot + row) * head_width_);
      }
    }
  }

  // What each of n_rows queries, (n_rows, width) with rows `stride` apart, reads; into rows `to_stride` apart. The masks
  // are (n_rows, room), or (room) for all when mask_stride is 0.
  void read(const float* queries, int stride, int n_rows, int n_heads, const float* masks, int mask_stride, float* to,
            int to_stride, Buffer<float>& scratch, bool is_wide) const {
    scratch.resize(static_cast<std::size_t>(std::max(kMost, n_heads)) * room_);
    if (is_wide && room_ % kWideLanes == 0 && head_width_ % kWideLanes == 0) {
      const WideHeads heads{keys_.data(), values_.data(), room_, n_heads, head_width_};
      return heads.read(queries, stride, n_rows, masks, mask_stride, to, to_stride, scratch.data());
    }
    for (int row = 0; row < n_rows; row += kMost) {
      const float* mask = masks + static_cast<std::ptrdiff_t>(row) * mask_stride;
      for (int head = 0; head < n_heads; ++head) {
        const int offset = head * head_width_;
        const float* query = queries + static_cast<std::size_t>(row) * stride + offset;
        float* out = to + static_cast<std::size_t>(row) * to_stride + offset;
        switch (std::min(kMost, n_rows - row)) {
          case 4: read_some<4>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          case 3: read_some<3>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          case 2: read_some<2>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          default: read_some<1>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
        }
      }
    }
  }

 private:
  static constexpr int kMost = 4;

  template <int kHeight>
  void read_some(const float* query, int stride, int offset, const float* mask, int mask_stride, float* out,
                 int out_stride, float* weights) const {
    const float* keys = keys_.data() + static_cast<std::size_t>(offset) * room_;
    const float* values = values_.data() + static_cast<std::size_t>(offset) * room_;
    // As many vectors at a time as make eight sums: fewer would wait for one another.
    constexpr int kWidth = 8 / kHeight;
    in_vectors<kWidth>(0, room_, [&](auto width, int slot) {
      score<kHeight, decltype(width)::value>(query, stride, keys + slot, mask + slot, mask_stride, weights + slot);
    });
    for (int row = 0; row < kHeight; ++row) softmax(weights + static_cast<std::ptrdiff_t>(row) * room_, room_);
    in_vectors<kWidth>(0, head_width_, [&](auto width, int i) {
      mix<kHeight, decltype(width)::value>(weights, values + i, out + i, out_stride);
    });
  }

  // Calls `some` with so many vectors at a time, and then with half as many.
  template <int kWidth, typename F>
  static void in_vectors(int start, int end, F some) {
    for (; start + kWidth * kLanes <= end; start += kWidth * kLanes) {
      some(std::integral_constant<int, kWidth>(), start);
    }
    if constexpr (kWidth > 1) in_vectors<kWidth / 2>(start, end, some);
  }

  // Scores of the slots of some vectors.
  template <int kHeight, int kWidth>
  void score(const float* query, int stride, const float* keys, const float* mask, int mask_stride,
             float* scores) const {
    __m256 sums[kHeight][kWidth];
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_setzero_ps();
    }
    for (int i = 0; i < head_width_; ++i) {
      __m256 key[kWidth];
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        key[at] = _mm256_loadu_ps(keys + static_cast<std::size_t>(i) * room_ + at * kLanes);
      }
#pragma GCC unroll 8
      for (int row = 0; row < kHeight; ++row) {
        const __m256 factor = _mm256_broadcast_ss(query + static_cast<std::ptrdiff_t>(row) * stride + i);
#pragma GCC unroll 8
        for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_fmadd_ps(factor, key[at], sums[row][at]);
      }
    }
    const __m256 scale = _mm256_set1_ps(1.0f / std::sqrt(static_cast<float>(head_width_)));
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        const __m256 hidden = _mm256_loadu_ps(mask + static_cast<std::ptrdiff_t>(row) * mask_stride + at * kLanes);
        _mm256_storeu_ps(scores + static_cast<std::ptrdiff_t>(row) * room_ + at * kLanes,
                         _mm256_fmadd_ps(sums[row][at], scale, hidden));
      }
    }
  }

  // Some vectors of what is read.
  template <int kHeight, int kWidth>
  void mix(const float* weights, const float* values, float* out, int out_stride) const {
    __m256 sums[kHeight][kWidth];
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_setzero_ps();
    }
    for (int slot = 0; slot < room_; ++slot) {
      __m256 value[kWidth];
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        value[at] = _mm256_loadu_ps(values + static_cast<std::size_t>(slot) * head_width_ + at * kLanes);
      }
#pragma GCC unroll 8
      for (int row = 0; row < kHeight; ++row) {
        const __m256 factor = _mm256_broadcast_ss(weights + static_cast<std::ptrdiff_t>(row) * room_ + slot);
#pragma GCC unroll 8
        for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_fmadd_ps(factor, value[at], sums[row][at]);
      }
    }
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        _mm256_storeu_ps(out + static_cast<std::ptrdiff_t>(row) * out_stride + at * kLanes, sums[row][at]);
      }
    }
  }

  Buffer<float> keys_, values_;
  int room_ = 0, head_width_ = 0;
};

}  // namespace duizhao
