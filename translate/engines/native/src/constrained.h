// The search for the likeliest translation that has certain phrases, step for step that of
// `translate/engines/torch/constrained.py`, which says where it comes from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "search.h"

namespace duizhao {

// Where a form may begin: anywhere, only where the target does, only behind a mark.
constexpr int kAnywhere = 0, kAtStart = 1, kBehindMark = 2;

// What `starts[token]` says of a token: it begins a new word, or is a mark; it ends in a mark.
constexpr int kStartsWord = 1, kEndsInMark = 2;

// One way to write a phrase.
struct Form {
  int phrase;
  bool is_closed;    // whether a new word has to follow
  int where;         // where it may begin, see `kAnywhere` …
  std::vector<int> tokens;
};

// How far a hypothesis is with the phrases.
struct Progress {
  std::uint64_t met = 0;      // phrases, a bit each
  std::uint64_t pending = 0;  // those whose last token was written last, and that no new word follows yet
  int node = 0;               // of the forms, see `Forms`
  int where = kAtStart;       // what may begin here beside what may anywhere

  std::uint64_t have() const { return met | pending; }
};

// The forms of all phrases of a sentence, letter by letter: a node is what has been written of one or several of them.
class Forms {
 public:
  // At most 64 phrases; `starts` has `kStartsWord` and `kEndsInMark` for each token.
  Forms(const std::vector<Form>& forms, const std::vector<std::uint8_t>& starts) : starts_(starts), nodes_(1) {
    for (const Form& form : forms) {
      all_ |= bit(form.phrase);
      int node = 0;
      for (const int token : form.tokens) node = grow(node, token, form.where);
      nodes_[node].phrases |= bit(form.phrase);
      if (form.is_closed) nodes_[node].closed |= bit(form.phrase);
      const int length = static_cast<int>(form.tokens.size());
      if (static_cast<int>(lengths_.size()) <= form.phrase) lengths_.resize(form.phrase + 1, 0);
      lengths_[form.phrase] = std::max(lengths_[form.phrase], length);
    }
  }

  bool is_met(const Progress& at) const { return at.have() == all_; }

  // Tokens of the phrases that are met, and of the one under way.
  int n_tokens(const Progress& at) const {
    int n = 0;
    for (std::size_t phrase = 0; phrase < lengths_.size(); ++phrase) {
      if (at.have() & bit(static_cast<int>(phrase))) n += lengths_[phrase];
    }
    return (nodes_[at.node].below & ~at.have()) != 0 ? n + nodes_[at.node].depth : n;
  }

  Progress after(Progress at, int token) const {
    if (at.pending != 0) {
      if (starts_[token] & kStartsWord) at.met |= at.pending;
      at.pending = 0;
    }
    int node = at.node == 0 ? -1 : child(at.node, token, kAnywhere);
    if (node < 0) node = child(0, token, at.where);
    at.where = starts_[token] & kEndsInMark ? kBehindMark : kAnywhere;
    at.node = std::max(node, 0);
    at.met |= nodes_[at.node].phrases & ~nodes_[at.node].closed;
    at.pending = nodes_[at.node].closed & ~at.met;
    return at;
  }

  // What may be written next for the sake of a phrase that is not met.
  void wanted(const Progress& at, std::vector<int>& tokens) const {
    tokens.clear();
    if (at.node != 0) add_wanted(at, at.node, tokens);
    add_wanted(at, 0, tokens);
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  }

 private:
  struct Child {
    int token, node, where;
  };

  struct Node {
    std::vector<Child> children;
    std::uint64_t phrases = 0, closed = 0, below = 0;
    int depth = 0;
  };

  static std::uint64_t bit(int phrase) { return std::uint64_t{1} << phrase; }

  int grow(int node, int token, int where) {
    for (Child& each : nodes_[node].children) {
      if (each.token != token) continue;
      if (each.where != where) each.where = kAnywhere;
      return each.node;
    }
    const int made = static_cast<int>(nodes_.size());
    nodes_.push_back({});
    nodes_[made].depth = nodes_[node].depth + 1;
    nodes_[node].children.push_back({token, made, where});
    return made;
  }

  int child(int node, int token, int where) const {
    for (const Child& each : nodes_[node].children) {
      if (each.token == token && (node != 0 || each.where == kAnywhere || each.where == where)) return each.node;
    }
    return -1;
  }

  void add_wanted(const Progress& at, int node, std::vector<int>& tokens) const {
    for (const Child& each : nodes_[node].children) {
      if (node == 0 && each.where != kAnywhere && each.where != at.where) continue;
      if ((nodes_[each.node].below & ~at.have()) != 0) tokens.push_back(each.token);
    }
  }

  const std::vector<std::uint8_t>& starts_;
  std::vector<Node> nodes_;
  std::vector<int> lengths_;
  std::uint64_t all_ = 0;

 public:
  // Once all forms are there: which phrases are at a node or below it.
  void finish() {
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      nodes_[i].below |= nodes_[i].phrases;
      for (const Child& each : nodes_[i].children) nodes_[i].below |= nodes_[each.node].below;
    }
  }
};

class ConstrainedSearch : public Search {
 public:
  ConstrainedSearch(const Settings& settings, int cap, const std::vector<Form>& forms,
                    const std::vector<std::uint8_t>& starts)
      : Search(settings, cap), forms_(forms, starts), progress_(settings.n_beams) {
    forms_.finish();
    find_wanted();
  }

  const std::vector<std::vector<int>>* wanted() const override { return &wanted_; }

  void advance(const Top* tops) override {
    std::vector<Bound> pool = candidates(tops);
    std::stable_sort(pool.begin(), pool.end(), [](const Bound& a, const Bound& b) { return a.score > b.score; });
    finish(pool);
    go_on(pool);
    ++n_steps_;
    done_ = is_done();
    find_wanted();
  }

 private:
  struct Bound : Candidate {
    Progress progress;
    int n_tokens;
    bool is_end;
  };

  std::vector<Bound> candidates(const Top* tops) const {
    std::vector<Bound> pool;
    const bool is_forced = is_last() && settings_.forced_eos;
    for (int beam = 0; beam < (n_steps_ == 0 ? 1 : settings_.n_beams); ++beam) {
      if (scores_[beam] <= kNever / 2) continue;
      const Top& top = top_of(tops, beam);
      if (is_forced) {
        add(pool, beam, settings_.eos_id, 0.0f, top.end);
        continue;
      }
      for (std::size_t i = 0; i < top.ids.size(); ++i) {
        add(pool, beam, top.ids[i], top.scores[i], top.scores[i] + top.lost);
      }
      const std::vector<int>& wanted = wanted_[parent_of(beam)];
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (std::find(top.ids.begin(), top.ids.end(), wanted[i]) != top.ids.end()) continue;
        add(pool, beam, wanted[i], top.wanted[i], top.wanted[i] + top.lost);
      }
    }
    return pool;
  }

  void add(std::vector<Bound>& pool, int beam, int token, float score, float log_probability) const {
    if (score <= kNever / 2) return;
    const bool is_eos = token == settings_.eos_id;
    Bound made;
    made.score = scores_[beam] + score;
    made.log_probability = log_probabilities_[beam] + log_probability;
    made.parent = parent_of(beam);
    made.token = token;
    made.progress = is_eos ? progress_[beam] : forms_.after(progress_[beam], token);
    made.n_tokens = forms_.n_tokens(made.progress);
    made.is_end = is_eos || is_last();
    // It ends only where it has everything, unless it must.
    if (is_eos && !is_last() && !forms_.is_met(made.progress)) return;
    pool.push_back(made);
  }

  void finish(const std::vector<Bound>& pool) {
    for (const bool is_met : {true, false}) {
      for (const Bound& each : pool) {
        if (!each.is_end || forms_.is_met(each.progress) != is_met) continue;
        const float score = each.score / penalty(n_steps_ + 1);
        if (!is_met && is_finished_[0]) continue;
        if (score > finished_scores_[0]) {
          best_ = written_[each.parent];
          best_.push_back(each.token);
          best_log_probability_ = each.log_probability;
        }
        const auto place = std::upper_bound(finished_scores_.begin(), finished_scores_.end(), score,
                                            [](float a, float b) { return a > b; });
        if (place == finished_scores_.end()) continue;
        const auto at = place - finished_scores_.begin();
        finished_scores_.insert(place, score);
        finished_scores_.pop_back();
        is_finished_.insert(is_finished_.begin() + at, 1);
        is_finished_.pop_back();
      }
    }
  }

  // Places are given by turns to what has most of the phrases, and to what is likeliest.
  void go_on(const std::vector<Bound>& pool) {
    const int n_beams = settings_.n_beams;
    std::vector<int> running;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if (!pool[i].is_end) running.push_back(static_cast<int>(i));
    }
    std::vector<int> far(running);
    std::stable_sort(far.begin(), far.end(), [&](int a, int b) { return pool[a].n_tokens > pool[b].n_tokens; });
    std::vector<int> heads;
    for (const int i : far) {
      if (heads.empty() || pool[heads.back()].n_tokens != pool[i].n_tokens) heads.push_back(i);
    }
    std::vector<int> chosen;
    std::size_t head = 0, next = 0;
    while (static_cast<int>(chosen.size()) < n_beams && next < running.size()) {
      const bool is_heads_turn = chosen.size() % 2 == 0 && head < heads.size();
      const int i = is_heads_turn ? heads[head++] : running[next++];
      if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) chosen.push_back(i);
    }
    std::sort(chosen.begin(), chosen.end());
    std::vector<std::vector<int>> written(n_beams);
    std::vector<float> log_probabilities(n_beams, 0.0f);
    std::vector<Progress> progress(n_beams);
    tokens_.assign(n_beams, settings_.eos_id);
    parents_.assign(n_beams, 0);
    scores_.assign(n_beams, kNever);
    for (std::size_t beam = 0; beam < chosen.size(); ++beam) {
      const Bound& each = pool[chosen[beam]];
      tokens_[beam] = each.token;
      parents_[beam] = each.parent;
      scores_[beam] = each.score;
      log_probabilities[beam] = each.log_probability;
      progress[beam] = each.progress;
      written[beam] = written_[each.parent];
      written[beam].push_back(each.token);
    }
    written_ = std::move(written);
    log_probabilities_ = std::move(log_probabilities);
    progress_ = std::move(progress);
  }

  // A list a beam; before the first step the one that stands for all.
  void find_wanted() {
    wanted_.resize(tokens_.size());
    for (std::size_t beam = 0; beam < wanted_.size(); ++beam) {
      forms_.wanted(progress_[beam], wanted_[beam]);
    }
  }

  Forms forms_;
  std::vector<Progress> progress_;
  std::vector<std::vector<int>> wanted_;
};

}  // namespace duizhao
