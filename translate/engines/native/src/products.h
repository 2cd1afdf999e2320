// Products of rows with a weight that was packed once; rows.h says what of.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "bytes.h"
#include "finish.h"
#include "instructions.h"
#include "memory.h"
#include "narrow.h"
#include "rows.h"
#include "tiles.h"
#include "vectors.h"
#include "wide.h"

namespace duizhao {

constexpr int kWideRows = 12;  // that a kernel of AVX-512 takes at a time, of two panels: 24 sums and 3 factors fit 32

// How rows have to lie for products with these instructions.
inline Layout layout_of(Precision precision, Instructions instructions) {
  if (precision == Precision::kFloat32) return Layout::kFloats;
  if (precision == Precision::kInt8) return Layout::kBytes;
  return instructions == Instructions::kAmx ? Layout::kTiles : Layout::kPairs;
}

// A weight (n_out, n_in) and its bias, in panels of 16 outputs. A panel has one input of each output after the other in
// float32; two side by side in int16, as the instruction takes them that multiplies pairs and adds them; in AMX the high
// bytes of four, and the low ones in a tile of their own; in int8 four bytes of each output, whatever the instructions.
class Weight {
 public:
  Weight() = default;

  Weight(const float* weight, const float* bias, int n_out, int n_in, Precision precision, Instructions instructions)
      : n_out_(n_out), n_in_(n_in), instructions_(instructions), layout_(layout_of(precision, instructions)) {
    const int n_panels = (n_out + kColumns - 1) / kColumns;
    bias_.resize(n_panels * kColumns);
    scales_.resize(n_panels * kColumns);
    std::fill_n(bias_.data(), n_panels * kColumns, 0.0f);
    std::fill_n(scales_.data(), n_panels * kColumns, 0.0f);
    std::copy_n(bias, n_out, bias_.data());
    constexpr int kSteps[] = {1, 2, kTileDepth, kTileDepth};
    depth_ = static_cast<int>(rounded(n_in, kSteps[static_cast<int>(layout_)]));
    const std::size_t size = static_cast<std::size_t>(n_panels) * kColumns * depth_;
    if (layout_ == Layout::kFloats) {
      floats_.resize(size);
      std::memset(floats_.data(), 0, size * sizeof(float));
    } else if (layout_ == Layout::kBytes) {
      bytes_.resize(size);
      totals_.resize(n_panels * kColumns);
      std::memset(bytes_.data(), 0, size);
      std::fill_n(totals_.data(), n_panels * kColumns, 0);
    } else {
      integers_.resize(size);
      std::memset(integers_.data(), 0, size * sizeof(std::int16_t));
    }
    for (int out = 0; out < n_out; ++out) pack(weight + static_cast<std::size_t>(out) * n_in, out);
  }

  int n_out() const { return n_out_; }
  int n_in() const { return n_in_; }
  // Of the rows that it is to be multiplied with.
  Layout layout() const { return layout_; }

  // Outputs first_out to last_out (the first a multiple of 16) of all rows into `to`, whose rows are `stride` apart.
  // Whole vectors are written: up to 7 numbers behind the last output, if that is no multiple of 8.
  void multiply(const Rows& rows, int first_out, int last_out, float* to, int stride,
                Activation activation = Activation::kNone) const {
    // As many rows at a time as leave the second cache room for a panel.
    constexpr int kMost = 48;  // what a kernel takes divides it
    static_assert(kMost % kRows == 0 && kMost % kWideRows == 0 && kMost % kTileRows == 0);
    constexpr int kBytesOf[] = {4, 2, 2, 1};
    const int bytes = n_in_ * kBytesOf[static_cast<int>(layout_)];
    const int most = std::max(kMost, cache() / std::max(bytes, 1) / kMost * kMost);
    for (int start = 0; start < rows.n_rows(); start += most) {
      const Target target{first_out, last_out, to, stride, activation};
      const int end = std::min(start + most, rows.n_rows());
      if (layout_ == Layout::kTiles) {
        multiply_tiles(rows, start, end, target);
      } else if (layout_ == Layout::kFloats) {
        multiply_narrow<Kernel::kFloats>(rows, start, end, target);
      } else if (layout_ == Layout::kBytes) {
        multiply_bytes(rows, start, end, target);
      } else if (instructions_ == Instructions::kAvx512) {
        multiply_wide(rows, start, end, target);
      } else if (instructions_ == Instructions::kAvxVnni) {
        multiply_narrow<Kernel::kFusedPairs>(rows, start, end, target);
      } else {
        multiply_narrow<Kernel::kPairs>(rows, start, end, target);
      }
    }
  }

 private:
  // Half of the second cache, of the smallest that processors with such instructions have.
  int cache() const {
    if (instructions_ == Instructions::kAmx) return 1024 * 1024;
    return (instructions_ == Instructions::kAvx512 ? 512 : 256) * 1024;
  }

  enum class Kernel { kFloats, kPairs, kFusedPairs };

  template <int kHeight>
  using Height = std::integral_constant<int, kHeight>;

  // Outputs, and where they go.
  struct Target {
    int first_out, last_out;
    float* to;
    int stride;
    Activation activation;

    float* at(int row, int out) const { return to + static_cast<std::size_t>(row) * stride + (out - first_out); }
  };

  void pack(const float* from, int out) {
    const std::size_t panel = static_cast<std::size_t>(out / kColumns) * kColumns * depth_;
    const int column = out % kColumns;
    if (layout_ == Layout::kFloats) {
      for (int i = 0; i < n_in_; ++i) floats_[panel + static_cast<std::size_t>(i) * kColumns + column] = from[i];
      scales_[out] = 1.0f;
      return;
    }
    if (layout_ == Layout::kBytes) {
      const float scale = byte_scale_of(from, n_in_);
      scales_[out] = scale;
      totals_[out] = put_bytes(from, n_in_, scale, [&](int i, std::uint8_t byte) {
        bytes_[panel + static_cast<std::size_t>(i / kQuad) * kQuad * kColumns + kQuad * column + i % kQuad] = byte;
      });
      return;
    }
    const float scale = scale_of(from, n_in_);
    const float factor = 1.0f / scale;  // rounded as in `Rows`
    scales_[out] = scale;
    for (int i = 0; i < n_in_; ++i) {
      const std::int16_t whole = integer_of(from[i], factor);
      if (layout_ == Layout::kPairs) {
        integers_[panel + static_cast<std::size_t>(i / 2) * 2 * kColumns + 2 * column + i % 2] = whole;
        continue;
      }
      auto* tile = reinterpret_cast<std::uint8_t*>(integers_.data() + panel) + i / kTileDepth * 2 * kTile;
      const int place = i % kTileDepth / 4 * kTileDepth + column * 4 + i % 4;
      tile[place] = static_cast<std::uint8_t>(whole >> 8);
      tile[kTile + place] = static_cast<std::uint8_t>(whole);
    }
  }

  const std::int16_t* panel(int out) const { return integers_.data() + static_cast<std::size_t>(out) * depth_; }

  // Sums of so many rows with so many panels, rows `stride` apart, become what is asked for.
  void finish(const float* sums, int stride, const Rows& rows, int row, int n_rows, int out, int n_panels,
              const Target& target) const {
    const int n_outs = std::min(n_panels * kColumns, static_cast<int>(rounded(n_out_ - out, kLanes)));
    const Finish finish{sums,
                        stride,
                        n_rows,
                        n_outs,
                        rows.scales(row),
                        scales_.data() + out,
                        bias_.data() + out,
                        target.at(row, out),
                        target.stride};
    finish(target.activation, has_wide(instructions_));
  }

  void multiply_tiles(const Rows& rows, int start, int end, const Target& target) const {
    Tiles tiles;
    alignas(kCacheLine) float sums[kTileRows * kColumns];
    for (int out = target.first_out; out < target.last_out; out += kColumns) {
      const auto* weight = reinterpret_cast<const std::uint8_t*>(panel(out));
      for (int row = start; row < end; row += kTileRows) {
        sum_tiles(tiles, rows.tiles(row), weight, depth_, sums);
        finish(sums, kColumns, rows, row, std::min(kTileRows, end - row), out, 1, target);
      }
    }
  }

  void multiply_bytes(const Rows& rows, int start, int end, const Target& target) const {
    if (instructions_ == Instructions::kAmx) {
      multiply_byte_tiles(rows, start, end, target);
    } else if (instructions_ == Instructions::kAvx512) {
      by_panels(target, [&](auto panels, int out) {
        by_height<kWideRows>(start, end, [&](auto height, int row) {
          constexpr int kHeight = decltype(height)::value, kPanels = decltype(panels)::value;
          alignas(kCacheLine) float sums[kHeight * kPanels * kColumns];
          sum_bytes_wide<kHeight, kPanels>(bytes(rows, row, out), sums);
          finish(sums, kPanels * kColumns, rows, row, kHeight, out, kPanels, target);
        });
      });
    } else if (instructions_ == Instructions::kAvxVnni) {
      multiply_bytes_narrow<kRows, true>(rows, start, end, target);
    } else {
      multiply_bytes_narrow<kByteRows, false>(rows, start, end, target);
    }
  }

  template <int kMost, bool kIsFused>
  void multiply_bytes_narrow(const Rows& rows, int start, int end, const Target& target) const {
    for (int out = target.first_out; out < target.last_out; out += kColumns) {
      by_height<kMost>(start, end, [&](auto height, int row) {
        constexpr int kHeight = decltype(height)::value;
        alignas(kCacheLine) float sums[kHeight * kColumns];
        sum_bytes_narrow<kHeight, kIsFused>(bytes(rows, row, out), sums);
        finish(sums, kColumns, rows, row, kHeight, out, 1, target);
      });
    }
  }

  void multiply_byte_tiles(const Rows& rows, int start, int end, const Target& target) const {
    Tiles tiles;
    by_panels(target, [&](auto panels, int out) {
      constexpr int kPanels = decltype(panels)::value;
      alignas(kCacheLine) float sums[2 * kTileRows * kPanels * kColumns];
      for (int row = start; row < end; row += 2 * kTileRows) {
        const int height = std::min(2 * kTileRows, end - row);
        if (height > kTileRows) {
          sum_byte_tiles<2, kPanels>(tiles, bytes(rows, row, out), sums);
        } else {
          sum_byte_tiles<1, kPanels>(tiles, bytes(rows, row, out), sums);
        }
        finish(sums, kPanels * kColumns, rows, row, height, out, kPanels, target);
      }
    });
  }

  Bytes bytes(const Rows& rows, int row, int out) const {
    const std::size_t panel = static_cast<std::size_t>(kColumns) * depth_;
    return {rows.bytes(row),
            rows.stride(),
            rows.zeros(row),
            bytes_.data() + static_cast<std::size_t>(out) * depth_,
            static_cast<std::ptrdiff_t>(panel),
            totals_.data() + out,
            depth_};
  }

  // Calls `some` with two panels, and with the last one where their number is odd.
  template <typename F>
  static void by_panels(const Target& target, F some) {
    for (int out = target.first_out; out < target.last_out; out += 2 * kColumns) {
      if (out + kColumns < target.last_out) {
        some(std::integral_constant<int, 2>(), out);
      } else {
        some(std::integral_constant<int, 1>(), out);
      }
    }
  }

  void multiply_wide(const Rows& rows, int start, int end, const Target& target) const {
    by_panels(target, [&](auto panels, int out) {
      by_height<kWideRows>(start, end, [&](auto height, int row) {
        wide_tile<decltype(height)::value, decltype(panels)::value>(rows, row, out, target);
      });
    });
  }

  template <Kernel kKernel>
  void multiply_narrow(const Rows& rows, int start, int end, const Target& target) const {
    for (int out = target.first_out; out < target.last_out; out += kColumns) {
      by_height<kRows>(start, end, [&](auto height, int row) {
        narrow_tile<kKernel, decltype(height)::value>(rows, row, out, target);
      });
    }
  }

  // Calls `tile` with rows that are together as many as a kernel takes, and then with the rest.
  template <int kMost, typename F>
  static void by_height(int row, int end, F tile) {
    for (; row + kMost <= end; row += kMost) tile(Height<kMost>(), row);
    if (kMost > kRows && row + kRows <= end) {
      tile(Height<kRows>(), row);
      row += kRows;
    }
    if constexpr (kMost > 5) {
      if (end - row == 5) return tile(Height<5>(), row);
    }
    switch (end - row) {
      case 4: tile(Height<4>(), row); break;
      case 3: tile(Height<3>(), row); break;
      case 2: tile(Height<2>(), row); break;
      case 1: tile(Height<1>(), row); break;
      default: break;
    }
  }

  template <int kHeight, int kPanels>
  void wide_tile(const Rows& rows, int row, int out, const Target& target) const {
    alignas(kCacheLine) float sums[kHeight * kPanels * kColumns];
    sum_pairs<kHeight, kPanels>(rows.integers(row), rows.stride(), panel(out), panel(kColumns) - panel(0), depth_ / 2,
                                sums);
    finish(sums, kPanels * kColumns, rows, row, kHeight, out, kPanels, target);
  }

  template <Kernel kKernel, int kHeight>
  void narrow_tile(const Rows& rows, int row, int out, const Target& target) const {
    alignas(kCacheLine) float sums[kHeight * kColumns];
    if constexpr (kKernel == Kernel::kFloats) {
      sum_floats<kHeight>(rows.floats(row), n_in_, floats_.data() + static_cast<std::size_t>(out) * depth_, depth_, sums);
    } else {
      constexpr bool kIsFused = kKernel == Kernel::kFusedPairs;
      sum_pairs_narrow<kHeight, kIsFused>(rows.integers(row), rows.stride(), panel(out), depth_ / 2, sums);
    }
    finish(sums, kColumns, rows, row, kHeight, out, 1, target);
  }

  int n_out_ = 0, n_in_ = 0, depth_ = 0;
  Instructions instructions_ = Instructions::kAvx2;
  Layout layout_ = Layout::kFloats;
  Buffer<std::int16_t> integers_;  // in AMX pairs of tiles of bytes
  Buffer<std::uint8_t> bytes_;
  Buffer<std::int32_t> totals_;  // of the bytes of each output
  Buffer<float> floats_;
  Buffer<float> scales_, bias_;
};

}  // namespace duizhao
