// What is computed with every instruction set that can be used here has the bits of AVX2, whatever its sizes. Compiled
// and run by test_native_instructions.py; with -DDUIZHAO_EMULATED all of them are done with AVX2. Prints a line for each.
#include <cstdio>
#include <random>

#include "agree.h"
#include "products.h"

namespace {

using namespace duizhao;

std::mt19937 random_numbers(20261123);

// A few of them much larger or smaller than the rest, which the others' integers then are.
std::vector<float> numbers(std::size_t n) {
  std::normal_distribution<float> usual;
  std::uniform_int_distribution<int> kind(0, 63);
  std::vector<float> all(n);
  for (float& x : all) {
    const int which = kind(random_numbers);
    x = usual(random_numbers) * (which == 0 ? 1000.0f : which == 1 ? 1e-4f : 1.0f);
  }
  return all;
}

struct Sizes {
  int n_rows, n_in, n_out, first_out, last_out;
  Activation activation;
};

std::vector<float> product(const Sizes& sizes, Instructions instructions, const float* x, const float* w,
                           const float* bias, Precision precision) {
  const Weight weight(w, bias, sizes.n_out, sizes.n_in, precision, instructions);
  const int stride = static_cast<int>(rounded(sizes.last_out - sizes.first_out, kColumns));
  // What is in the places behind a row's last output is not looked at.
  std::vector<float> to(static_cast<std::size_t>(sizes.n_rows) * stride, -1.0f);
  Rows rows;
  rows.take(x, sizes.n_rows, sizes.n_in, weight.layout());
  weight.multiply(rows, sizes.first_out, sizes.last_out, to.data(), stride, sizes.activation);
  std::vector<float> seen;
  for (int row = 0; row < sizes.n_rows; ++row) {
    const auto first = to.begin() + static_cast<std::ptrdiff_t>(row) * stride;
    seen.insert(seen.end(), first, first + (sizes.last_out - sizes.first_out));
  }
  return seen;
}

// What it should come to, in doubles and without integers; the largest share of |x||w| that any output is off.
double error_of(const Sizes& sizes, const std::vector<float>& found, const float* x, const float* w,
                const float* bias) {
  double worst = 0;
  std::size_t at = 0;
  for (int row = 0; row < sizes.n_rows; ++row) {
    for (int out = sizes.first_out; out < sizes.last_out; ++out, ++at) {
      double sum = 0, squares_x = 0, squares_w = 0;
      for (int i = 0; i < sizes.n_in; ++i) {
        const double a = x[row * sizes.n_in + i], b = w[out * sizes.n_in + i];
        sum += a * b;
        squares_x += a * a;
        squares_w += b * b;
      }
      const double length = std::sqrt(squares_x * squares_w);
      worst = std::max(worst, std::fabs(found[at] - (sum + bias[out])) / (length + 1e-30));
    }
  }
  return worst;
}

// Whether sums of bytes are what plain C++ sums them to, and none was cut off on the way.
bool is_exact(const Sizes& sizes, const std::vector<float>& found, const float* x, const float* w, const float* bias) {
  if (sizes.activation != Activation::kNone) return true;
  Rows rows;
  rows.take(x, sizes.n_rows, sizes.n_in, Layout::kBytes);
  std::vector<std::int8_t> weights(sizes.n_in);
  for (int out = sizes.first_out; out < sizes.last_out; ++out) {
    const float* own = w + static_cast<std::size_t>(out) * sizes.n_in;
    const float scale = byte_scale_of(own, sizes.n_in);
    put_bytes(own, sizes.n_in, scale, [&](int i, std::uint8_t byte) { weights[i] = static_cast<std::int8_t>(byte); });
    for (int row = 0; row < sizes.n_rows; ++row) {
      std::int32_t sum = 0;
      for (int i = 0; i < sizes.n_in; ++i) sum += (rows.bytes(row)[i] - *rows.zeros(row)) * weights[i];
      const float expected = std::fma(static_cast<float>(sum), scale * *rows.scales(row), bias[out]);
      const float seen = found[row * (sizes.last_out - sizes.first_out) + out - sizes.first_out];
      if (seen == expected) continue;
      std::printf("int8 %d x %d x %d: %g, not %g: other bits\n", sizes.n_rows, sizes.n_in, sizes.n_out, seen, expected);
      return false;
    }
  }
  return true;
}

// Queries, keys and values of a sentence, some of whose slots are hidden from some rows.
bool reads_the_same(int n_rows, int n_heads, int head_width, int room) {
  const int width = n_heads * head_width;
  const auto all = numbers(static_cast<std::size_t>(3) * width * std::max(n_rows, room));
  Memory memory;
  memory.make_room(room, n_heads, width);
  memory.put(all.data(), 2 * width, room, 0, n_heads);
  std::vector<float> mask(static_cast<std::size_t>(n_rows) * room, 0.0f), read[2];
  for (int row = 0; row < n_rows; ++row) std::fill_n(mask.begin() + row * room + room / 2, row % room / 2, kNothing);
  Buffer<float> scratch;
  for (const bool is_wide : {false, true}) {
    read[is_wide].resize(static_cast<std::size_t>(n_rows) * width);
    memory.read(all.data(), 3 * width, n_rows, n_heads, mask.data(), room, read[is_wide].data(), width, scratch, is_wide);
  }
  const bool is_same = std::memcmp(read[0].data(), read[1].data(), read[0].size() * sizeof(float)) == 0;
  std::printf("attention %d rows, %d x %d, %d slots: %s\n", n_rows, n_heads, head_width, room,
              is_same ? "the same" : "other bits");
  return is_same;
}

// The sum of exponentials, and the best.
bool sums_up_the_same(int n) {
  auto logits = numbers(n);
  logits[n / 2] = kNothing;
  Top tops[2];
  for (const bool is_wide : {false, true}) {
    tops[is_wide].clear(8);
    tops[is_wide].look_at(logits.data(), n, 0, is_wide);
  }
  const bool is_same = std::memcmp(&tops[0].sum, &tops[1].sum, sizeof(double)) == 0 && tops[0].ids == tops[1].ids;
  std::printf("%d logits: %s\n", n, is_same ? "the same" : "other bits");
  return is_same;
}

}  // namespace

int main() {
  const char* names[] = {"avx2", "avx_vnni", "avx512", "amx"};
  int n_wrong = 0;
  std::printf("found %u usable %u\n", found(), usable_instructions());
  for (const Sizes sizes : {
           Sizes{1, 8, 8, 0, 8, Activation::kNone}, Sizes{2, 16, 17, 0, 17, Activation::kRelu},
           Sizes{3, 24, 40, 16, 40, Activation::kNone}, Sizes{5, 64, 33, 0, 33, Activation::kSwish},
           Sizes{6, 72, 48, 16, 48, Activation::kNone}, Sizes{7, 256, 64, 0, 64, Activation::kGelu},
           Sizes{12, 264, 31, 0, 31, Activation::kNone}, Sizes{16, 512, 96, 32, 80, Activation::kSwish},
           Sizes{17, 520, 100, 0, 100, Activation::kNone}, Sizes{49, 2048, 50, 0, 50, Activation::kNone},
           Sizes{61, 3000, 16, 0, 16, Activation::kNone},
       }) {
    const auto x = numbers(static_cast<std::size_t>(sizes.n_rows) * sizes.n_in);
    const auto w = numbers(static_cast<std::size_t>(sizes.n_out) * sizes.n_in);
    const auto bias = numbers(sizes.n_out);
    for (const Precision precision : {Precision::kInt16, Precision::kInt8}) {
      const bool is_int8 = precision == Precision::kInt8;
      const auto expected = product(sizes, Instructions::kAvx2, x.data(), w.data(), bias.data(), precision);
      if (sizes.activation == Activation::kNone) {
        const double error = error_of(sizes, expected, x.data(), w.data(), bias.data());
        // With numbers that stand out by three orders, bytes keep little of the others.
        const bool is_near = error < (is_int8 ? 0.1 : 1e-3);
        std::printf("%s %d x %d x %d is off by %.1e%s\n", is_int8 ? "int8" : "int16", sizes.n_rows, sizes.n_in,
                    sizes.n_out, error, is_near ? "" : ": too much");
        n_wrong += !is_near;
      }
      for (int i = 1; i < kManyInstructions; ++i) {
        const auto instructions = static_cast<Instructions>(i);
        if ((usable_instructions() & bit_of(instructions)) == 0) continue;
        const auto seen = product(sizes, instructions, x.data(), w.data(), bias.data(), precision);
        const bool is_same = std::memcmp(seen.data(), expected.data(), seen.size() * sizeof(float)) == 0;
        std::printf("%s %s %d x %d x %d, outputs %d to %d: %s\n", is_int8 ? "int8" : "int16", names[i], sizes.n_rows,
                    sizes.n_in, sizes.n_out, sizes.first_out, sizes.last_out, is_same ? "the same" : "other bits");
        n_wrong += !is_same;
      }
      if (is_int8) n_wrong += !is_exact(sizes, expected, x.data(), w.data(), bias.data());
    }
  }
  if ((usable_instructions() & bit_of(Instructions::kAvx512)) != 0) {
    for (const int n_rows : {1, 2, 3, 4, 6}) {
      n_wrong += !reads_the_same(n_rows, 7, 64, 16) + !reads_the_same(n_rows, 4, 16, 48);
      n_wrong += !reads_the_same(n_rows, 3, 32, 144) + !reads_the_same(n_rows, 2, 24, 40);
    }
    for (const int n : {8, 16, 24, 128, 200}) n_wrong += !sums_up_the_same(n);
  }
  return n_wrong == 0 ? 0 : 1;
}
