// Sixteen floats at a time (AVX-512), with the bits of vectors.h: what is added up is added up eight at a time, in the
// same order.
#pragma once

#include <cmath>
#include <cstddef>

#include "vectors.h"
#include "wide.h"

namespace duizhao {

#ifdef DUIZHAO_EMULATED
#define DUIZHAO_WIDE inline

struct Sixteen {
  __m256 low, high;
};

DUIZHAO_WIDE Sixteen load_wide(const float* x) { return {_mm256_loadu_ps(x), _mm256_loadu_ps(x + kLanes)}; }
DUIZHAO_WIDE void store_wide(float* to, Sixteen x) {
  _mm256_storeu_ps(to, x.low);
  _mm256_storeu_ps(to + kLanes, x.high);
}
DUIZHAO_WIDE Sixteen repeat_wide(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
DUIZHAO_WIDE Sixteen add_wide(Sixteen x, Sixteen y) {
  return {_mm256_add_ps(x.low, y.low), _mm256_add_ps(x.high, y.high)};
}
DUIZHAO_WIDE Sixteen sub_wide(Sixteen x, Sixteen y) {
  return {_mm256_sub_ps(x.low, y.low), _mm256_sub_ps(x.high, y.high)};
}
DUIZHAO_WIDE Sixteen mul_wide(Sixteen x, Sixteen y) {
  return {_mm256_mul_ps(x.low, y.low), _mm256_mul_ps(x.high, y.high)};
}
DUIZHAO_WIDE Sixteen div_wide(Sixteen x, Sixteen y) {
  return {_mm256_div_ps(x.low, y.low), _mm256_div_ps(x.high, y.high)};
}
DUIZHAO_WIDE Sixteen max_wide(Sixteen x, Sixteen y) {
  return {_mm256_max_ps(x.low, y.low), _mm256_max_ps(x.high, y.high)};
}
DUIZHAO_WIDE Sixteen fmadd_wide(Sixteen x, Sixteen y, Sixteen z) {
  return {_mm256_fmadd_ps(x.low, y.low, z.low), _mm256_fmadd_ps(x.high, y.high, z.high)};
}
DUIZHAO_WIDE __m256 low_of(Sixteen x) { return x.low; }
DUIZHAO_WIDE __m256 high_of(Sixteen x) { return x.high; }
DUIZHAO_WIDE Sixteen exp_wide(Sixteen x) { return {exp_of(x.low), exp_of(x.high)}; }
#else
#define DUIZHAO_WIDE DUIZHAO_AVX512 [[gnu::always_inline]] inline

using Sixteen = __m512;

DUIZHAO_WIDE Sixteen load_wide(const float* x) { return _mm512_loadu_ps(x); }
DUIZHAO_WIDE void store_wide(float* to, Sixteen x) { _mm512_storeu_ps(to, x); }
DUIZHAO_WIDE Sixteen repeat_wide(float x) { return _mm512_set1_ps(x); }
DUIZHAO_WIDE Sixteen add_wide(Sixteen x, Sixteen y) { return _mm512_add_ps(x, y); }
DUIZHAO_WIDE Sixteen sub_wide(Sixteen x, Sixteen y) { return _mm512_sub_ps(x, y); }
DUIZHAO_WIDE Sixteen mul_wide(Sixteen x, Sixteen y) { return _mm512_mul_ps(x, y); }
DUIZHAO_WIDE Sixteen div_wide(Sixteen x, Sixteen y) { return _mm512_div_ps(x, y); }
DUIZHAO_WIDE Sixteen max_wide(Sixteen x, Sixteen y) { return _mm512_max_ps(x, y); }
DUIZHAO_WIDE Sixteen fmadd_wide(Sixteen x, Sixteen y, Sixteen z) { return _mm512_fmadd_ps(x, y, z); }
DUIZHAO_WIDE __m256 low_of(Sixteen x) { return _mm512_castps512_ps256(x); }
DUIZHAO_WIDE __m256 high_of(Sixteen x) {
  return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
}

// Step for step `exp_of`.
DUIZHAO_WIDE Sixteen exp_wide(Sixteen x) {
  const __mmask16 is_seen = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0f), _CMP_GE_OQ);
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-87.0f)), _mm512_set1_ps(88.0f));
  const Sixteen n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504088896341f)),
                                         _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Sixteen r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  Sixteen y = _mm512_set1_ps(1.0f / 5040);
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 720));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 120));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 24));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 6));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(0.5f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f));
  const __m512i power = _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23);
  return _mm512_maskz_mul_ps(is_seen, y, _mm512_castsi512_ps(power));
}
#endif

// `sum` and the eight lower numbers, and then the eight upper ones.
DUIZHAO_WIDE __m256 add_halves(__m256 sum, Sixteen x) {
  return _mm256_add_ps(_mm256_add_ps(sum, low_of(x)), high_of(x));
}

DUIZHAO_AVX512 inline float max_of_wide(const float* x, int n) {
  __m256 most = _mm256_loadu_ps(x);
  int i = kLanes;
  if (n >= kWideLanes) {
    Sixteen all = load_wide(x);
    for (i = kWideLanes; i + kWideLanes <= n; i += kWideLanes) all = max_wide(all, load_wide(x + i));
    most = _mm256_max_ps(low_of(all), high_of(all));
  }
  for (; i < n; i += kLanes) most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
  return max_of(most);
}

// As `sum_of_exp`.
DUIZHAO_AVX512 inline float sum_of_exp_wide(const float* x, int n, float away) {
  const Sixteen base = repeat_wide(away);
  __m256 sum = _mm256_setzero_ps();
  int i = 0;
  for (; i + kWideLanes <= n; i += kWideLanes) sum = add_halves(sum, exp_wide(sub_wide(load_wide(x + i), base)));
  for (; i < n; i += kLanes) sum = _mm256_add_ps(sum, exp_of(_mm256_sub_ps(_mm256_loadu_ps(x + i), low_of(base))));
  return sum_of(sum);
}

// As `softmax`, of a multiple of sixteen numbers.
DUIZHAO_AVX512 inline void softmax_wide(float* x, int n) {
  const Sixteen top = repeat_wide(max_of_wide(x, n));
  __m256 sum = _mm256_setzero_ps();
  for (int i = 0; i < n; i += kWideLanes) {
    const Sixteen value = exp_wide(sub_wide(load_wide(x + i), top));
    store_wide(x + i, value);
    sum = add_halves(sum, value);
  }
  const Sixteen scale = repeat_wide(1.0f / sum_of(sum));
  for (int i = 0; i < n; i += kWideLanes) store_wide(x + i, mul_wide(load_wide(x + i), scale));
}

}  // namespace duizhao
