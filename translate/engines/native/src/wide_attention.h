// Attention in vectors of sixteen (AVX-512), with the bits of `Memory`: a number is summed up over the same steps in the
// same order, whichever others are beside it in a vector.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "vectors.h"
#include "wide_vectors.h"

namespace duizhao {

// Factors, (kHeads, kHeight, depth), and a table, (kHeads, depth, width), that are multiplied; what is between rows, and
// between heads, is in numbers.
struct WideProduct {
  const float* factors;
  std::ptrdiff_t factor_stride, factor_apart;
  const float* table;
  std::ptrdiff_t table_apart;
  int depth, width;
  float* to;
  std::ptrdiff_t to_stride, to_apart;
};

// What scores are multiplied by, and what is added to them: a mask, whose rows are `stride` apart.
struct Masked {
  float scale;
  const float* mask;
  std::ptrdiff_t stride;

  DUIZHAO_WIDE Sixteen finished(Sixteen sum, int row, int at) const {
    return fmadd_wide(sum, repeat_wide(scale), load_wide(mask + row * stride + at));
  }
};

// What is read is as it is.
struct Unmasked {
  DUIZHAO_WIDE Sixteen finished(Sixteen sum, int, int) const { return sum; }
};

// kWidth vectors of the product, from the number `first` on.
template <int kHeads, int kHeight, int kWidth, typename Ending>
DUIZHAO_AVX512 inline void multiply_vectors(const WideProduct& all, int first, const Ending& ending) {
  Sixteen sums[kHeads][kHeight][kWidth];
#pragma GCC unroll 16
  for (int head = 0; head < kHeads; ++head) {
#pragma GCC unroll 16
    for (int i = 0; i < kHeight; ++i) {
#pragma GCC unroll 16
      for (int at = 0; at < kWidth; ++at) sums[head][i][at] = repeat_wide(0.0f);
    }
  }
  const float* table = all.table + first;
  for (int k = 0; k < all.depth; ++k, table += all.width) {
#pragma GCC unroll 16
    for (int head = 0; head < kHeads; ++head) {
      Sixteen numbers[kWidth];
#pragma GCC unroll 16
      for (int at = 0; at < kWidth; ++at) numbers[at] = load_wide(table + head * all.table_apart + at * kWideLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kHeight; ++i) {
        const Sixteen factor = repeat_wide(all.factors[head * all.factor_apart + i * all.factor_stride + k]);
#pragma GCC unroll 16
        for (int at = 0; at < kWidth; ++at) sums[head][i][at] = fmadd_wide(factor, numbers[at], sums[head][i][at]);
      }
    }
  }
#pragma GCC unroll 16
  for (int head = 0; head < kHeads; ++head) {
#pragma GCC unroll 16
    for (int i = 0; i < kHeight; ++i) {
      float* to = all.to + head * all.to_apart + i * all.to_stride + first;
#pragma GCC unroll 16
      for (int at = 0; at < kWidth; ++at) {
        store_wide(to + at * kWideLanes, ending.finished(sums[head][i][at], i, first + at * kWideLanes));
      }
    }
  }
}

// As many vectors as are asked for, kMost at most.
template <int kHeads, int kHeight, int kMost, typename Ending>
DUIZHAO_AVX512 inline void multiply_some(int n_vectors, const WideProduct& all, int first, const Ending& ending) {
  if constexpr (kMost > 1) {
    if (n_vectors < kMost) return multiply_some<kHeads, kHeight, kMost - 1>(n_vectors, all, first, ending);
  }
  multiply_vectors<kHeads, kHeight, kMost>(all, first, ending);
}

// The whole product, in passes of about the same size, so that none has too few sums to be quick.
template <int kHeads, int kHeight, typename Ending>
DUIZHAO_AVX512 [[gnu::noinline]] void multiply_wide(const WideProduct& all, const Ending& ending) {
  constexpr int kMost = kHeads * kHeight >= 4 ? 4 : 8 / (kHeads * kHeight);
  const int n_vectors = all.width / kWideLanes, n_passes = (n_vectors + kMost - 1) / kMost;
  for (int pass = 0, done = 0; pass < n_passes; ++pass) {
    const int end = n_vectors * (pass + 1) / n_passes;
    multiply_some<kHeads, kHeight, kMost>(end - done, all, done * kWideLanes, ending);
    done = end;
  }
}

// Keys, (n_heads, head_width, room), and values, (n_heads, room, head_width); both widths are multiples of sixteen.
struct WideHeads {
  const float *keys, *values;
  int room, n_heads, head_width;

  // See `Memory::read`; `weights` has room for one row of scores a head, or for four rows.
  DUIZHAO_AVX512 void read(const float* queries, int stride, int n_rows, const float* masks, int mask_stride, float* to,
                           int to_stride, float* weights) const {
    if (n_rows == 1) return read_one(queries, masks, to, weights);
    for (int row = 0; row < n_rows; row += kMost) {
      const float* mask = masks + static_cast<std::ptrdiff_t>(row) * mask_stride;
      for (int head = 0; head < n_heads; ++head) {
        const float* query = queries + static_cast<std::ptrdiff_t>(row) * stride + head * head_width;
        float* out = to + static_cast<std::ptrdiff_t>(row) * to_stride + head * head_width;
        switch (std::min(kMost, n_rows - row)) {
          case 4: read_rows<4>(head, query, stride, mask, mask_stride, out, to_stride, weights); break;
          case 3: read_rows<3>(head, query, stride, mask, mask_stride, out, to_stride, weights); break;
          case 2: read_rows<2>(head, query, stride, mask, mask_stride, out, to_stride, weights); break;
          default: read_rows<1>(head, query, stride, mask, mask_stride, out, to_stride, weights); break;
        }
      }
    }
  }

 private:
  static constexpr int kMost = 4;

  template <int kHeight>
  DUIZHAO_AVX512 void read_rows(int head, const float* query, int stride, const float* mask, int mask_stride,
                                float* out, int out_stride, float* weights) const {
    const std::ptrdiff_t at = head * apart();
    const WideProduct scores{query, stride, 0, keys + at, 0, head_width, room, weights, room, 0};
    multiply_wide<1, kHeight>(scores, Masked{scale(), mask, mask_stride});
    for (int i = 0; i < kHeight; ++i) softmax_wide(weights + static_cast<std::ptrdiff_t>(i) * room, room);
    const WideProduct mixed{weights, room, 0, values + at, 0, room, head_width, out, out_stride, 0};
    multiply_wide<1, kHeight>(mixed, Unmasked{});
  }

  // All heads of one row, step by step and some together: what one head waits for, the others do not.
  DUIZHAO_AVX512 void read_one(const float* query, const float* mask, float* to, float* weights) const {
    const Masked masked{scale(), mask, 0};
    int head = 0;
    for (; head + 4 <= n_heads; head += 4) multiply_wide<4, 1>(scores_of(head, query, weights), masked);
    for (; head + 2 <= n_heads; head += 2) multiply_wide<2, 1>(scores_of(head, query, weights), masked);
    for (; head < n_heads; ++head) multiply_wide<1, 1>(scores_of(head, query, weights), masked);
    for (head = 0; head < n_heads; ++head) softmax_wide(weights + static_cast<std::ptrdiff_t>(head) * room, room);
    for (head = 0; head + 2 <= n_heads; head += 2) multiply_wide<2, 1>(mixed_of(head, weights, to), Unmasked{});
    for (; head < n_heads; ++head) multiply_wide<1, 1>(mixed_of(head, weights, to), Unmasked{});
  }

  WideProduct scores_of(int head, const float* query, float* weights) const {
    float* own = weights + static_cast<std::ptrdiff_t>(head) * room;
    return {query + head * head_width, 0, head_width, keys + head * apart(), apart(), head_width, room, own, 0, room};
  }

  WideProduct mixed_of(int head, const float* weights, float* to) const {
    const float* own = weights + static_cast<std::ptrdiff_t>(head) * room;
    return {own, 0, room, values + head * apart(), apart(), room, head_width, to + head * head_width, 0, head_width};
  }

  float scale() const { return 1.0f / std::sqrt(static_cast<float>(head_width)); }
  // From head to head.
  std::ptrdiff_t apart() const { return static_cast<std::ptrdiff_t>(head_width) * room; }
};

}  // namespace duizhao
