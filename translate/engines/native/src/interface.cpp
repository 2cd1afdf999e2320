// What Python calls (translate/engines/native/library.py). No exception leaves; a function that can fail returns nothing (a
// null pointer) or -1, and `duizhao_error` says why, to the thread that it failed in.

#include <exception>
#include <string>

#include "batch.h"
#include "old_glibc.h"

namespace {

thread_local std::string error;

template <typename T, typename F>
T guarded(T failed, F work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    error = "out of memory";
  } catch (const std::exception& problem) {
    error = problem.what();
  }
  return failed;
}

// Lists that lie one behind the other; none where there are no numbers.
std::vector<std::vector<int>> parted(const std::int32_t* numbers, const std::int32_t* lengths, std::int32_t n) {
  std::vector<std::vector<int>> lists;
  for (std::int32_t i = 0; numbers != nullptr && i < n; ++i) {
    lists.emplace_back(numbers, numbers + lengths[i]);
    numbers += lengths[i];
  }
  return lists;
}

// The forms of each sentence: of each the phrase, 1 if it is closed and twice where it may be, the length, the tokens.
std::vector<std::vector<duizhao::Form>> read_forms(const std::int32_t* numbers, const std::int32_t* lengths,
                                                   std::int32_t n) {
  std::vector<std::vector<duizhao::Form>> all;
  for (const std::vector<int>& own : parted(numbers, lengths, n)) {
    all.emplace_back();
    for (std::size_t i = 0; i + 3 <= own.size(); i += 3 + static_cast<std::size_t>(own[i + 2])) {
      const auto first = own.begin() + static_cast<std::ptrdiff_t>(i) + 3;
      all.back().push_back({own[i], (own[i + 1] & 1) != 0, own[i + 1] >> 1, {first, first + own[i + 2]}});
    }
  }
  return all;
}

}  // namespace

using duizhao::Arrays;
using duizhao::Batch;
using duizhao::Ended;
using duizhao::Network;
using duizhao::Settings;
using duizhao::Shape;

#pragma GCC visibility push(default)
extern "C" {

#define DUIZHAO_TEXT_OF(x) #x
#define DUIZHAO_TEXT(x) DUIZHAO_TEXT_OF(x)

// Of the sources this was made of (compile.py).
const char* duizhao_digest() { return DUIZHAO_TEXT(DUIZHAO_DIGEST); }

const char* duizhao_error() { return error.c_str(); }

// A bit for each of `duizhao::Instructions` that can be used here.
std::int32_t duizhao_instructions() {
  return guarded<std::int32_t>(-1, [] { return static_cast<std::int32_t>(duizhao::usable_instructions()); });
}

Network* duizhao_network(const Shape* shape, const float* const* arrays, std::int32_t n_arrays) {
  return guarded<Network*>(nullptr, [&] {
    Arrays given(arrays, n_arrays);
    return new Network(*shape, given);
  });
}

void duizhao_network_free(Network* network) { delete network; }

Batch* duizhao_batch(const Network* network, const Settings* settings, const std::int32_t* banned,
                     std::int32_t n_banned) {
  return guarded<Batch*>(nullptr, [&] {
    return new Batch(*network, *settings, std::vector<int>(banned, banned + n_banned));
  });
}

void duizhao_batch_free(Batch* batch) { delete batch; }

void duizhao_batch_clear(Batch* batch) { batch->clear(); }

// `starts[token]`: 1 where a target token begins a new word, or is a mark, and 2 where it ends in a mark.
void duizhao_batch_starts(Batch* batch, const std::uint8_t* starts, std::int32_t n_tokens) {
  batch->know_starts({starts, starts + n_tokens});
}

// `ids`: all sentences one behind the other, `lengths` tokens each; `candidates` and `forms` likewise, or null.
std::int32_t duizhao_batch_admit(Batch* batch, std::int32_t n_sentences, const std::int32_t* ids,
                                 const std::int32_t* lengths, const std::int32_t* caps, const std::int64_t* keys,
                                 const std::int32_t* candidates, const std::int32_t* n_candidates,
                                 const std::int32_t* forms, const std::int32_t* n_forms) {
  return guarded<std::int32_t>(-1, [&] {
    batch->admit(parted(ids, lengths, n_sentences), std::vector<int>(caps, caps + n_sentences),
                 std::vector<std::int64_t>(keys, keys + n_sentences), parted(candidates, n_candidates, n_sentences),
                 read_forms(forms, n_forms, n_sentences));
    return 0;
  });
}

// How many sentences have ended.
std::int32_t duizhao_batch_step(Batch* batch) {
  return guarded<std::int32_t>(-1, [&] {
    batch->step();
    return static_cast<std::int32_t>(batch->ended().size());
  });
}

// One that has ended in the last step; returns the length of its target, which stays where it is until the next.
std::int32_t duizhao_batch_ended(const Batch* batch, std::int32_t index, std::int64_t* key, const std::int32_t** target,
                                 float* log_probability) {
  const Ended& ended = batch->ended()[index];
  *key = ended.key;
  *target = ended.target.data();
  *log_probability = ended.log_probability;
  return static_cast<std::int32_t>(ended.target.size());
}

}  // extern "C"
#pragma GCC visibility pop
