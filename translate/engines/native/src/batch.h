// Sentences that are being written together: they leave as they end, and others join at any step. None looks at
// another, and every row's bits are its own, so what becomes of a sentence does not depend on its neighbours.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "constrained.h"
#include "head.h"
#include "network.h"
#include "search.h"

namespace duizhao {

struct Ended {
  std::int64_t key;
  std::vector<int> target;
  float log_probability;
};

class Batch {
 public:
  Batch(const Network& network, const Settings& settings, const std::vector<int>& banned)
      : network_(network),
        settings_(settings),
        worker_(network),
        head_(network, banned, settings.renormalize != 0, settings.eos_id) {
    check({settings.eos_id, settings.start_id}, network.shape.n_target, "token");
    check(banned, network.shape.n_target, "token");
  }

  // Reads sources; their targets begin at the next step. Candidates, ascending, only where there is a shortlist.
  // `forms`: what each target is to have, only in a batch that knows which tokens start words.
  void admit(const std::vector<std::vector<int>>& ids, const std::vector<int>& caps,
             const std::vector<std::int64_t>& keys, std::vector<std::vector<int>> candidates,
             const std::vector<std::vector<Form>>& forms) {
    for (const auto& sentence : ids) {
      check({static_cast<int>(sentence.size()) - 1}, network_.shape.n_positions, "last source position");
      check(sentence, network_.shape.n_source, "source token");
    }
    for (const int cap : caps) check({cap - 1}, network_.shape.n_positions, "last target position");
    for (const auto& own : candidates) check(own, network_.shape.n_target, "candidate");
    for (const auto& own : forms) {
      for (const Form& form : own) {
        check({form.phrase}, 64, "phrase");
        check(form.tokens, static_cast<int>(starts_.size()), "token of a phrase");
      }
    }
    std::vector<std::unique_ptr<Sentence>> fresh;
    std::vector<Source*> sources;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::unique_ptr<Search> search;
      if (forms.empty()) {
        search = std::make_unique<Search>(settings_, caps[i]);
      } else {
        search = std::make_unique<ConstrainedSearch>(settings_, caps[i], forms[i], starts_);
      }
      fresh.push_back(std::make_unique<Sentence>(keys[i], std::move(search), network_.shape));
      if (!candidates.empty()) fresh.back()->candidates = std::move(candidates[i]);
      sources.push_back(&fresh.back()->source);
    }
    worker_.encode(ids, sources);
    for (auto& sentence : fresh) sentences_.push_back(std::move(sentence));
  }

  // Writes one token more of every sentence; those that end are in `ended` until the next step.
  void step() {
    ended_.clear();
    if (sentences_.empty()) return;
    beams_.clear();
    choices_.clear();
    for (auto& sentence : sentences_) {
      beams_.push_back(sentence->next());
      const Search& search = *sentence->search;
      choices_.push_back({static_cast<int>(search.tokens().size()), &sentence->candidates, search.wanted()});
    }
    worker_.step(beams_);
    const int n_best = std::min(Search::n_candidates(settings_), network_.shape.n_target);
    head_.best(worker_.hidden(), choices_, n_best, tops_);
    const Top* tops = tops_.data();
    for (auto& sentence : sentences_) {
      Search& search = *sentence->search;
      const std::size_t n_own = search.tokens().size();
      search.advance(tops);
      tops += n_own;
      if (!search.done()) continue;
      ended_.push_back({sentence->key, search.target(), search.log_probability()});
      sentence.reset();
    }
    sentences_.erase(std::remove(sentences_.begin(), sentences_.end(), nullptr), sentences_.end());
  }

  const std::vector<Ended>& ended() const { return ended_; }

  // Tells of every target token `kStartsWord` and `kEndsInMark`; before any sentence with forms joins.
  void know_starts(std::vector<std::uint8_t> starts) { starts_ = std::move(starts); }

  void clear() {
    sentences_.clear();
    ended_.clear();
  }

 private:
  struct Sentence {
    Sentence(std::int64_t its_key, std::unique_ptr<Search> its_search, const Shape& shape)
        : key(its_key), search(std::move(its_search)), past(shape.decoder_layers, shape.decoder_heads, shape.width) {}

    // What is to be read next: every beam has the past of its parent, and a slot for its new token.
    Beams next() {
      if (search->n_steps() > 0) past.follow(search->parents());
      past.add(static_cast<int>(search->tokens().size()));
      return {&search->tokens(), search->n_steps(), &past, &source};
    }

    std::int64_t key;
    std::unique_ptr<Search> search;
    Source source;
    Past past;
    std::vector<int> candidates;
  };

  // A number that is no place in a table of so many, and would be looked up there.
  static void check(const std::vector<int>& numbers, int n, const char* what) {
    for (const int number : numbers) {
      if (number >= 0 && number < n) continue;
      throw std::out_of_range(std::string(what) + " " + std::to_string(number) + " is none of " + std::to_string(n));
    }
  }

  const Network& network_;
  Settings settings_;
  Worker worker_;
  Head head_;
  std::vector<std::uint8_t> starts_;
  std::vector<std::unique_ptr<Sentence>> sentences_;
  std::vector<Beams> beams_;
  std::vector<Choice> choices_;
  std::vector<Top> tops_;
  std::vector<Ended> ended_;
};

}  // namespace duizhao
