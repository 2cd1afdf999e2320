// The search for the likeliest translation of one sentence, step for step that of `translate/engines/torch/beam_search.py`, which
// says where it comes from.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "head.h"

namespace duizhao {

// How to search; `translate/engines/native/library.py` has the same fields in the same order.
struct Settings {
  std::int32_t n_beams;
  std::int32_t eos_id;
  std::int32_t start_id;
  std::int32_t early_stopping;  // 0: no; 1: yes; 2: never
  std::int32_t forced_eos;
  std::int32_t renormalize;
  double length_penalty;
};

// Score of what must not be chosen, as in transformers: so low that nothing a model says matters beside it.
constexpr float kNever = -1e9f;

// Places of the n largest, best first; of equals the first one.
inline std::vector<int> best_of(const std::vector<float>& values, int n) {
  std::vector<int> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return values[a] > values[b]; });
  order.resize(std::min<std::size_t>(n, order.size()));
  return order;
}

class Search {
 public:
  Search(const Settings& settings, int cap) : settings_(settings), cap_(cap) {
    const int n_beams = settings.n_beams;
    tokens_.assign(1, settings.start_id);
    parents_.assign(n_beams, 0);
    written_.resize(n_beams);
    scores_.assign(n_beams, kNever);
    scores_[0] = 0;
    log_probabilities_.assign(n_beams, 0);
    finished_scores_.assign(n_beams, kNever);
    is_finished_.assign(n_beams, 0);
    best_.assign(cap, settings.eos_id);
  }

  virtual ~Search() = default;

  // Tokens written last, one a beam; before the first step the start token alone, which all beams share.
  const std::vector<int>& tokens() const { return tokens_; }
  // The beam each of them was written by.
  const std::vector<int>& parents() const { return parents_; }
  int n_steps() const { return n_steps_; }
  bool done() const { return done_; }
  const std::vector<int>& target() const { return best_; }
  float log_probability() const { return best_log_probability_; }

  // Tokens whose scores are needed beside those of the best, a list a row; null where none are.
  virtual const std::vector<std::vector<int>>* wanted() const { return nullptr; }

  static int n_candidates(const Settings& settings) { return settings.n_beams == 1 ? 1 : 2 * settings.n_beams; }

  // Goes one token on, with the best tokens of each beam; the first time of the one that stands for all.
  virtual void advance(const Top* tops) {
    if (settings_.n_beams == 1) {
      advance_greedily(tops[0]);
    } else {
      advance_beams(tops);
    }
  }

 protected:
  struct Candidate {
    float score, log_probability;
    int parent, token;
  };

  bool is_last() const { return n_steps_ + 1 == cap_; }

  void advance_greedily(const Top& top) {
    int token = top.ids[0];
    float score = top.scores[0] + top.lost;
    if (is_last() && settings_.forced_eos) {
      token = settings_.eos_id;
      score = top.end;
    }
    best_[n_steps_] = token;
    best_log_probability_ += score;
    tokens_[0] = token;
    ++n_steps_;
    if (token == settings_.eos_id || n_steps_ == cap_) {
      done_ = true;
      best_.resize(n_steps_);
    }
  }

  void advance_beams(const Top* tops) {
    const std::vector<Candidate> candidates =
        is_last() && settings_.forced_eos ? forced_candidates(tops) : free_candidates(tops);
    finish(candidates);
    go_on(candidates);
    ++n_steps_;
    done_ = is_done();
  }

  const Top& top_of(const Top* tops, int beam) const { return tops[n_steps_ == 0 ? 0 : beam]; }

  // Before the first step all beams are the one whose token was read.
  int parent_of(int beam) const { return n_steps_ == 0 ? 0 : beam; }

  std::vector<Candidate> free_candidates(const Top* tops) {
    const int n_best = static_cast<int>(tops[0].ids.size());
    all_.clear();
    for (int beam = 0; beam < settings_.n_beams; ++beam) {
      for (const float score : top_of(tops, beam).scores) all_.push_back(score + scores_[beam]);
    }
    std::vector<Candidate> candidates;
    for (const int place : best_of(all_, n_candidates(settings_))) {
      const int beam = place / n_best;
      const Top& top = top_of(tops, beam);
      const float own = top.scores[place % n_best] + top.lost + log_probabilities_[beam];
      candidates.push_back({all_[place], own, parent_of(beam), top.ids[place % n_best]});
    }
    return candidates;
  }

  // Each beam with an end of sentence, which costs it nothing, and nothing else.
  std::vector<Candidate> forced_candidates(const Top* tops) const {
    std::vector<Candidate> candidates(n_candidates(settings_), {kNever, 0, 0, settings_.eos_id});
    for (int beam = 0; beam < settings_.n_beams; ++beam) {
      candidates[beam] = {scores_[beam], top_of(tops, beam).end + log_probabilities_[beam], parent_of(beam),
                          settings_.eos_id};
    }
    return candidates;
  }

  bool ends(const Candidate& candidate) const { return candidate.token == settings_.eos_id || is_last(); }

  // Admits those that end to the finished hypotheses, as far as they are better than these.
  void finish(const std::vector<Candidate>& candidates) {
    const int n_beams = settings_.n_beams;
    std::vector<float> scores(finished_scores_);
    std::vector<char> finished(is_finished_);
    const float length = penalty(n_steps_ + 1);
    int best = -1;
    for (int i = 0; i < n_beams; ++i) {
      const bool is_end = ends(candidates[i]);
      const float score = candidates[i].score / length + (is_end ? 0.0f : kNever);
      if (is_end && (best < 0 || score > scores[n_beams + best])) best = i;
      scores.push_back(score);
      finished.push_back(is_end);
    }
    if (best >= 0 && scores[n_beams + best] > finished_scores_[0]) {
      best_ = written_[candidates[best].parent];
      best_.push_back(candidates[best].token);
      best_log_probability_ = candidates[best].log_probability;
    }
    const std::vector<int> order = best_of(scores, n_beams);
    for (int i = 0; i < n_beams; ++i) {
      finished_scores_[i] = scores[order[i]];
      is_finished_[i] = finished[order[i]];
    }
  }

  void go_on(const std::vector<Candidate>& candidates) {
    const int n_beams = settings_.n_beams;
    all_.clear();
    for (const Candidate& candidate : candidates) all_.push_back(candidate.score + (ends(candidate) ? kNever : 0.0f));
    const std::vector<int> order = best_of(all_, n_beams);
    std::vector<std::vector<int>> written(n_beams);
    tokens_.resize(n_beams);
    std::vector<float> log_probabilities(n_beams);
    for (int beam = 0; beam < n_beams; ++beam) {
      const Candidate& candidate = candidates[order[beam]];
      scores_[beam] = all_[order[beam]];
      log_probabilities[beam] = candidate.log_probability;
      tokens_[beam] = candidate.token;
      parents_[beam] = candidate.parent;
      written[beam] = written_[candidate.parent];
      written[beam].push_back(candidate.token);
    }
    written_ = std::move(written);
    log_probabilities_ = std::move(log_probabilities);
  }

  bool is_done() const {
    if (n_steps_ == cap_) return true;
    const bool all_finished = std::all_of(is_finished_.begin(), is_finished_.end(), [](char each) { return each; });
    const bool far = settings_.early_stopping == 2 && settings_.length_penalty > 0;
    const float best = scores_[0] / penalty(far ? cap_ : n_steps_);
    const float worst = *std::min_element(finished_scores_.begin(), finished_scores_.end());
    const bool any_finished = std::any_of(is_finished_.begin(), is_finished_.end(), [](char each) { return each; });
    const bool has_hope = (any_finished && best > worst) || (!all_finished && best > kNever);
    return !has_hope || (settings_.early_stopping == 1 && all_finished);
  }

  // What a score is divided by; rounded once, as the scalar of transformers is.
  float penalty(int length) const {
    return static_cast<float>(std::pow(static_cast<double>(length), settings_.length_penalty));
  }

  const Settings& settings_;
  int cap_;
  int n_steps_ = 0;
  bool done_ = false;
  std::vector<int> tokens_, parents_;
  std::vector<std::vector<int>> written_;
  // What the search goes by, and what the model says: they differ where the search is forced, or not renormalised.
  std::vector<float> scores_, log_probabilities_;
  std::vector<float> finished_scores_;
  std::vector<char> is_finished_;
  std::vector<int> best_;
  float best_log_probability_ = 0;
  std::vector<float> all_;
};

}  // namespace duizhao
