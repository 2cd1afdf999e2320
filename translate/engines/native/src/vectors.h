// Eight floats at a time (AVX2 and FMA). Every sum is taken in an order that depends on its own length alone, so that
// a row has the same bits whatever stands beside it.
#pragma once

// GCC 12 takes what its own header leaves undefined on purpose for a mistake (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <cmath>
#include <limits>

namespace duizhao {

constexpr int kLanes = 8;
constexpr float kNothing = -std::numeric_limits<float>::infinity();

inline float sum_of(__m256 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

inline float max_of(__m256 x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

inline __m256 abs_of(__m256 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }

// e to the x, to about 1e-7 of it: x is parted into n ln 2 + r with |r| <= ln(2) / 2, e to the r is its Taylor series
// up to the seventh power. Below -87, where it would soon be too small for a float, it is zero.
inline __m256 exp_of(__m256 x) {
  const __m256 is_seen = _mm256_cmp_ps(x, _mm256_set1_ps(-87.0f), _CMP_GE_OQ);
  x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.0f)), _mm256_set1_ps(88.0f));
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504088896341f)),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  // ln 2 in two parts, the first exact in few bits, so that n times it is exact.
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
  __m256 y = _mm256_set1_ps(1.0f / 5040);
  for (const float c : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) {
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(c));
  }
  const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_and_ps(is_seen, _mm256_mul_ps(y, _mm256_castsi256_ps(power)));
}

// Rows are whole vectors: `width` and `n` are multiples of kLanes in all that follows.

inline float max_of(const float* x, int n) {
  __m256 most = _mm256_loadu_ps(x);
  for (int i = kLanes; i < n; i += kLanes) most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
  return max_of(most);
}

// Of e to what is left of each number when `away` is taken from it.
inline float sum_of_exp(const float* x, int n, float away) {
  const __m256 base = _mm256_set1_ps(away);
  __m256 sum = _mm256_setzero_ps();
  for (int i = 0; i < n; i += kLanes) sum = _mm256_add_ps(sum, exp_of(_mm256_sub_ps(_mm256_loadu_ps(x + i), base)));
  return sum_of(sum);
}

// x = layer_norm(x + added) * weight + bias, with the 1e-5 of torch.
inline void add_and_normalize(float* x, const float* added, const float* weight, const float* bias, int width) {
  __m256 sum = _mm256_setzero_ps();
  for (int i = 0; i < width; i += kLanes) {
    const __m256 value = _mm256_add_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(added + i));
    _mm256_storeu_ps(x + i, value);
    sum = _mm256_add_ps(sum, value);
  }
  const __m256 mean = _mm256_set1_ps(sum_of(sum) / static_cast<float>(width));
  __m256 squares = _mm256_setzero_ps();
  for (int i = 0; i < width; i += kLanes) {
    const __m256 value = _mm256_sub_ps(_mm256_loadu_ps(x + i), mean);
    squares = _mm256_fmadd_ps(value, value, squares);
  }
  const __m256 scale = _mm256_set1_ps(1.0f / std::sqrt(sum_of(squares) / static_cast<float>(width) + 1e-5f));
  for (int i = 0; i < width; i += kLanes) {
    const __m256 value = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), mean), scale);
    _mm256_storeu_ps(x + i, _mm256_fmadd_ps(value, _mm256_loadu_ps(weight + i), _mm256_loadu_ps(bias + i)));
  }
}

// n numbers become their softmax; minus infinity becomes zero.
inline void softmax(float* x, int n) {
  const __m256 top = _mm256_set1_ps(max_of(x, n));
  __m256 sum = _mm256_setzero_ps();
  for (int i = 0; i < n; i += kLanes) {
    const __m256 value = exp_of(_mm256_sub_ps(_mm256_loadu_ps(x + i), top));
    _mm256_storeu_ps(x + i, value);
    sum = _mm256_add_ps(sum, value);
  }
  const __m256 scale = _mm256_set1_ps(1.0f / sum_of(sum));
  for (int i = 0; i < n; i += kLanes) _mm256_storeu_ps(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), scale));
}

}  // namespace duizhao
