// The likeliest next tokens of a row, found as its logits come.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "vectors.h"
#include "wide_vectors.h"

namespace duizhao {

// The best tokens of a row, best first; of equals that with the lower id.
struct Top {
  std::vector<float> scores;  // logits; log-probabilities as the search counts them once `Head::best` returns
  std::vector<int> ids;
  // Added to the scores it gives log-probabilities among the tokens that are not banned.
  float lost = 0;
  // Log-probability of the end of sentence among those.
  float end = 0;
  // Of the tokens that were asked for; as `scores`.
  std::vector<float> wanted;

  // Of the sum of the exponentials: the largest logit so far, and the sum of the others over it.
  float largest = kNothing;
  double sum = 0;

  void clear(int n_best) {
    scores.assign(n_best, kNothing);
    ids.assign(n_best, 0);
    lost = 0;
    largest = kNothing;
    sum = 0;
  }

  void put(float score, int id) {
    std::size_t place = scores.size() - 1;
    for (; place > 0 && scores[place - 1] < score; --place) {
      scores[place] = scores[place - 1];
      ids[place] = ids[place - 1];
    }
    scores[place] = score;
    ids[place] = id;
  }

  // Logits of tokens from first_id on; n is a multiple of kLanes.
  void look_at(const float* logits, int n, int first_id, bool is_wide) {
    const float top = is_wide ? max_of_wide(logits, n) : max_of(logits, n);
    if (top == kNothing) return;
    if (top > largest) {
      sum *= std::exp(static_cast<double>(largest) - top);
      largest = top;
    }
    sum += is_wide ? sum_of_exp_wide(logits, n, largest) : sum_of_exp(logits, n, largest);
    if (top <= scores.back()) return;
    for (int i = 0; i < n; i += kLanes) {
      const __m256 better = _mm256_cmp_ps(_mm256_loadu_ps(logits + i), _mm256_set1_ps(scores.back()), _CMP_GT_OQ);
      for (int mask = _mm256_movemask_ps(better); mask != 0; mask &= mask - 1) {
        const int at = i + __builtin_ctz(mask);
        if (logits[at] > scores.back()) put(logits[at], first_id + at);
      }
    }
  }
};

}  // namespace duizhao
