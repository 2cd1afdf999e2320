// What follows a product: scale, bias and activation.
#pragma once

#include <cmath>
#include <cstddef>

#include "vectors.h"
#include "wide_vectors.h"

namespace duizhao {

enum class Activation : int { kNone = 0, kSwish = 1, kRelu = 2, kGelu = 3 };

template <Activation kActivation>
inline __m256 activated(__m256 x) {
  if constexpr (kActivation == Activation::kSwish) {
    const __m256 minus_x = _mm256_xor_ps(x, _mm256_set1_ps(-0.0f));
    return _mm256_div_ps(x, _mm256_add_ps(_mm256_set1_ps(1.0f), exp_of(minus_x)));
  }
  if constexpr (kActivation == Activation::kRelu) return _mm256_max_ps(x, _mm256_setzero_ps());
  if constexpr (kActivation == Activation::kGelu) {
    alignas(32) float each[kLanes];
    _mm256_store_ps(each, x);
    for (float& value : each) value = 0.5f * value * (1.0f + std::erf(value * 0.70710678118654752f));
    return _mm256_load_ps(each);
  }
  return x;
}

// The same of sixteen numbers; not GELU, whose error function is computed number by number in any case.
template <Activation kActivation>
DUIZHAO_WIDE Sixteen activated_wide(Sixteen x) {
  if constexpr (kActivation == Activation::kSwish) {
    return div_wide(x, add_wide(repeat_wide(1.0f), exp_wide(sub_wide(repeat_wide(-0.0f), x))));
  }
  if constexpr (kActivation == Activation::kRelu) return max_wide(x, repeat_wide(0.0f));
  return x;
}

// Sums of products, and what they become: (n_rows, n_outs), rows `stride` and `to_stride` apart. Outputs come in vectors.
struct Finish {
  const float* sums;
  int stride;
  int n_rows, n_outs;
  const float* row_scales;  // (n_rows)
  const float* scales;      // (n_outs), of the weight
  const float* bias;
  float* to;
  int to_stride;

  void operator()(Activation activation, bool is_wide) const {
    if (is_wide && n_outs % kWideLanes == 0 && activation != Activation::kGelu) {
      switch (activation) {
        case Activation::kSwish: return all_wide<Activation::kSwish>();
        case Activation::kRelu: return all_wide<Activation::kRelu>();
        default: return all_wide<Activation::kNone>();
      }
    }
    switch (activation) {
      case Activation::kSwish: return all<Activation::kSwish>();
      case Activation::kRelu: return all<Activation::kRelu>();
      case Activation::kGelu: return all<Activation::kGelu>();
      default: return all<Activation::kNone>();
    }
  }

 private:
  template <Activation kActivation>
  DUIZHAO_AVX512 [[gnu::noinline]] void all_wide() const {
    const Finish own = *this;
    for (int out = 0; out < own.n_outs; out += kWideLanes) {
      const Sixteen scale = load_wide(own.scales + out), bias = load_wide(own.bias + out);
      const float* sums = own.sums + out;
      float* to = own.to + out;
      for (int row = 0; row < own.n_rows; ++row, sums += own.stride, to += own.to_stride) {
        const Sixteen both = mul_wide(scale, repeat_wide(own.row_scales[row]));
        store_wide(to, activated_wide<kActivation>(fmadd_wide(load_wide(sums), both, bias)));
      }
    }
  }

  template <Activation kActivation>
  void all() const {
    // Of one's own, so that writing numbers does not make the compiler read these again.
    const Finish own = *this;
    for (int out = 0; out < own.n_outs; out += kLanes) {
      const __m256 scale = _mm256_load_ps(own.scales + out), bias = _mm256_load_ps(own.bias + out);
      const float* sums = own.sums + out;
      float* to = own.to + out;
      for (int row = 0; row < own.n_rows; ++row, sums += own.stride, to += own.to_stride) {
        const __m256 both = _mm256_mul_ps(scale, _mm256_broadcast_ss(own.row_scales + row));
        _mm256_storeu_ps(to, activated<kActivation>(_mm256_fmadd_ps(_mm256_load_ps(sums), both, bias)));
      }
    }
  }
};

}  // namespace duizhao
