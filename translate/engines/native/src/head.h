// The output layer: the likeliest next tokens of every row, without holding the logits of all.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "network.h"
#include "top.h"

namespace duizhao {

// Rows of one sentence, and the tokens that it may be written with.
struct Choice {
  int n_rows;
  const std::vector<int>* candidates;
  // Tokens whose scores are needed in any case, a list a row; or null.
  const std::vector<std::vector<int>>* wanted;
};

// Finds the best tokens; one thread at a time.
class Head {
 public:
  // `renormalize`: whether the probability of the banned tokens is shared out among the others or lost.
  Head(const Network& network, std::vector<int> banned, bool renormalize, int eos_id)
      : network_(network), banned_(std::move(banned)), renormalize_(renormalize), eos_id_(eos_id) {}

  // The best of each of the rows (n_rows, width), n_best of them.
  void best(const float* hidden, const std::vector<Choice>& choices, int n_best, std::vector<Top>& tops) {
    int n_rows = 0;
    for (const Choice& choice : choices) n_rows += choice.n_rows;
    rows_.take(hidden, n_rows, network_.shape.width, network_.head_layout);
    if (static_cast<int>(tops.size()) < n_rows) tops.resize(n_rows);
    banned_logits_.assign(static_cast<std::size_t>(n_rows) * banned_.size(), kNothing);
    ends_.assign(n_rows, kNothing);
    for (int row = 0; row < n_rows; ++row) tops[row].clear(n_best);
    ask(choices, tops);
    if (network_.shape.has_shortlist) {
      look_at_candidates(choices, tops);
    } else {
      look_at_all(n_rows, tops);
    }
    for (int row = 0; row < n_rows; ++row) finish(tops[row], row);
  }

 private:
  // Of the logits; those of some hundred rows stay in the second cache.
  static constexpr int kChunk = 8 * kColumns;

  void look_at_all(int n_rows, std::vector<Top>& tops) {
    const int n_tokens = network_.shape.n_target;
    logits_.resize(static_cast<std::size_t>(n_rows) * kChunk);
    for (int start = 0; start < n_tokens; start += kChunk) {
      const int end = std::min(start + kChunk, n_tokens);
      network_.head.multiply(rows_, start, end, logits_.data(), kChunk);
      const int whole = static_cast<int>(rounded(end - start, kLanes));
      for (int row = 0; row < n_rows; ++row) {
        float* logits = logits_.data() + static_cast<std::size_t>(row) * kChunk;
        std::fill(logits + (end - start), logits + whole, kNothing);
        for (std::size_t i = 0; i < banned_.size(); ++i) {
          if (banned_[i] >= start && banned_[i] < end) take_out(logits[banned_[i] - start], row, i);
        }
        if (eos_id_ >= start && eos_id_ < end) ends_[row] = logits[eos_id_ - start];
        if (const std::vector<int>* wanted = wanted_[row]) {
          for (std::size_t i = 0; i < wanted->size(); ++i) {
            const int token = (*wanted)[i];
            if (token >= start && token < end) tops[row].wanted[i] = logits[token - start];
          }
        }
        tops[row].look_at(logits, whole, start, network_.is_wide());
      }
    }
  }

  void look_at_candidates(const std::vector<Choice>& choices, std::vector<Top>& tops) {
    int first = 0;
    for (const Choice& choice : choices) {
      const std::vector<int>& ids = *choice.candidates;
      const int n = static_cast<int>(ids.size()), whole = static_cast<int>(rounded(n, kLanes));
      logits_.resize(static_cast<std::size_t>(choice.n_rows) * whole);
      network_.tokens.multiply(rows_, first, choice.n_rows, ids.data(), n, logits_.data(), whole);
      for (int i = 0; i < choice.n_rows; ++i) {
        float* logits = logits_.data() + static_cast<std::size_t>(i) * whole;
        std::fill(logits + n, logits + whole, kNothing);
        const int row = first + i;
        // What is banned may be no candidate, and yet have a share of the probability.
        float* lost = banned_logits_.data() + static_cast<std::size_t>(row) * banned_.size();
        network_.tokens.multiply(rows_, row, 1, banned_.data(), static_cast<int>(banned_.size()), lost, 0);
        for (const int token : banned_) hide(ids, token, logits);
        network_.tokens.multiply(rows_, row, 1, &eos_id_, 1, &ends_[row], 0);
        if (const std::vector<int>* wanted = wanted_[row]) {
          const int n_wanted = static_cast<int>(wanted->size());
          network_.tokens.multiply(rows_, row, 1, wanted->data(), n_wanted, tops[row].wanted.data(), 0);
        }
        // Chunk by chunk as above, so that with all tokens as candidates the sums have the same bits.
        for (int start = 0; start < whole; start += kChunk) {
          tops[row].look_at(logits + start, std::min(kChunk, whole - start), start, network_.is_wide());
        }
        for (int& id : tops[row].ids) id = ids[id];
      }
      first += choice.n_rows;
    }
  }

  // Which tokens of each row are needed in any case.
  void ask(const std::vector<Choice>& choices, std::vector<Top>& tops) {
    wanted_.clear();
    for (const Choice& choice : choices) {
      for (int i = 0; i < choice.n_rows; ++i) wanted_.push_back(choice.wanted ? &(*choice.wanted)[i] : nullptr);
    }
    for (std::size_t row = 0; row < wanted_.size(); ++row) {
      tops[row].wanted.assign(wanted_[row] ? wanted_[row]->size() : 0, kNothing);
    }
  }

  void take_out(float& logit, int row, std::size_t index) {
    banned_logits_[static_cast<std::size_t>(row) * banned_.size() + index] = logit;
    logit = kNothing;
  }

  static void hide(const std::vector<int>& ids, int token, float* logits) {
    const auto at = std::lower_bound(ids.begin(), ids.end(), token);
    if (at != ids.end() && *at == token) logits[at - ids.begin()] = kNothing;
  }

  void finish(Top& top, int row) const {
    const double total = top.largest + std::log(top.sum);
    if (!renormalize_) {
      double others = 0;
      for (std::size_t i = 0; i < banned_.size(); ++i) {
        others += std::exp(banned_logits_[static_cast<std::size_t>(row) * banned_.size() + i] - total);
      }
      top.lost = static_cast<float>(std::log1p(others));
    }
    const float away = static_cast<float>(total);
    for (float& score : top.scores) score = score - away - top.lost;
    for (float& score : top.wanted) score = score - away - top.lost;
    top.end = ends_[row] - away;
  }

  const Network& network_;
  std::vector<int> banned_;
  bool renormalize_;
  int eos_id_;
  Rows rows_;
  Buffer<float> logits_;
  std::vector<float> banned_logits_, ends_;
  std::vector<const std::vector<int>*> wanted_;
};

}  // namespace duizhao
