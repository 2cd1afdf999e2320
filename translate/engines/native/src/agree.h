// Which instructions can be used here: those that the processor has, and that give what AVX2 gives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "attention.h"
#include "instructions.h"
#include "products.h"
#include "top.h"

namespace duizhao {

// Whether several rows, and one, read the same in vectors of sixteen.
inline bool agree_in_attention(const float* numbers) {
  constexpr int kHeads = 7, kHeadWidth = 32, kRoom = 48, kRead = 7, kWidth = kHeads * kHeadWidth;
  Memory memory;
  memory.make_room(kRoom, kHeads, kWidth);
  memory.put(numbers, 2 * kWidth, kRoom, 0, kHeads);
  std::vector<float> mask(kRoom, 0.0f), read[2];
  std::fill(mask.end() - 5, mask.end(), kNothing);
  Buffer<float> scratch;
  for (const int n_rows : {kRead, 1}) {
    for (const bool is_wide : {false, true}) {
      read[is_wide].resize(static_cast<std::size_t>(n_rows) * kWidth);
      memory.read(numbers, kWidth, n_rows, kHeads, mask.data(), 0, read[is_wide].data(), kWidth, scratch, is_wide);
    }
    if (std::memcmp(read[0].data(), read[1].data(), sizeof(float) * read[0].size()) != 0) return false;
  }
  return true;
}

// Whether the sums of exponentials are the same.
inline bool agree_in_tops(const float* numbers) {
  Top tops[2];
  for (const bool is_wide : {false, true}) {
    tops[is_wide].clear(4);
    for (int start = 0; start < 1000; start += 200) tops[is_wide].look_at(numbers + start, 200, start, is_wide);
  }
  return tops[0].sum == tops[1].sum && tops[0].scores == tops[1].scores && tops[0].ids == tops[1].ids;
}

// Whether what is computed with these instructions has the bits that AVX2 gives. It must; a processor, a system or an
// assembler that does not do what its manual says is found out here, and not in somebody's corpus.
inline bool agree(Instructions instructions) {
  constexpr int kOut = 40, kIn = 600, kSome = 19;
  Buffer<float> numbers(kIn * (kOut + kSome)), bias(kOut), expected(kOut * kSome), found(kOut * kSome);
  std::uint32_t state = 1;
  for (int i = 0; i < kIn * (kOut + kSome); ++i) {
    state = state * 1664525 + 1013904223;
    // Of all sizes, with some that stand out, so that high and low bytes are of all kinds.
    numbers[i] = (static_cast<float>(state >> 8) / 8388608.0f - 1.0f) * (state >> 28 == 0 ? 64.0f : 1.0f);
  }
  std::fill_n(bias.data(), kOut, 0.5f);
  const float* x = numbers.data() + kIn * kOut;
  for (const Precision precision : {Precision::kInt16, Precision::kInt8}) {
    for (const bool is_expected : {true, false}) {
      const auto taken = is_expected ? Instructions::kAvx2 : instructions;
      const Weight weight(numbers.data(), bias.data(), kOut, kIn, precision, taken);
      Rows rows;
      rows.take(x, kSome, kIn, weight.layout());
      weight.multiply(rows, 0, kOut, (is_expected ? expected : found).data(), kOut, Activation::kSwish);
    }
    if (std::memcmp(expected.data(), found.data(), sizeof(float) * kOut * kSome) != 0) return false;
  }
  return !has_wide(instructions) || (agree_in_attention(numbers.data()) && agree_in_tops(numbers.data()));
}

// A bit for each of those that can be used here.
inline unsigned usable_instructions() {
  static const unsigned usable = [] {
    unsigned all = bit_of(Instructions::kAvx2);
    for (int i = 1; i < kManyInstructions; ++i) {
      const auto instructions = static_cast<Instructions>(i);
      if ((found() & bit_of(instructions)) != 0 && agree(instructions)) all |= bit_of(instructions);
    }
    return all;
  }();
  return usable;
}

}  // namespace duizhao
