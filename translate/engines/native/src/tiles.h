// Products in AMX, which multiplies tiles of bytes: 16 rows by 64 numbers with 64 numbers by 16 outputs.
//
// An integer of 16 bits is 256 times its high byte, which has a sign, and its low byte, which has none. So a product is
// four of bytes: of the high ones (65,536 times), of each with the other's low one (256 times), and of the low ones. Each
// is summed by itself over a block, in 32 bits, which they cannot leave; put together they may leave them on the way,
// but not in the end, and what is added modulo 2^32 is then right. These are the very sums that pairs have.
#pragma once

#include <cstddef>
#include <cstdint>

#include "instructions.h"
#include "rows.h"
#include "wide.h"

namespace duizhao {

// The four sums of a tile, in registers 0 to 3; of a thread.
class Tiles {
 public:
  Tiles() { open(); }
  ~Tiles() { close(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

#ifdef DUIZHAO_EMULATED
  void clear() { std::memset(sums_, 0, sizeof(sums_)); }

  void add(const std::uint8_t* rows, const std::uint8_t* weight) {
    for (int row = 0; row < kTileRows; ++row) {
      for (int out = 0; out < kTileRows; ++out) {
        for (int k = 0; k < kTileDepth; ++k) {
          const std::size_t x = row * kTileDepth + k, w = k / 4 * kTileDepth + out * 4 + k % 4;
          const int x_high = static_cast<std::int8_t>(rows[x]), x_low = rows[kTile + x];
          const int w_high = static_cast<std::int8_t>(weight[w]), w_low = weight[kTile + w];
          const int place = row * kTileRows + out;
          sums_[0][place] += x_high * w_high;
          sums_[1][place] += x_high * w_low;
          sums_[2][place] += x_low * w_high;
          sums_[3][place] += x_low * w_low;
        }
      }
    }
  }

  template <int kHigh, int kPanels>
  void add_bytes(const std::uint8_t* rows, std::ptrdiff_t stride, const std::uint8_t* weight, std::ptrdiff_t panel) {
    for (int high = 0; high < kHigh; ++high) {
      for (int at = 0; at < kPanels; ++at) {
        for (int place = 0; place < kTileRows * kTileRows; ++place) {
          const int row = place / kTileRows, out = place % kTileRows;
          for (int k = 0; k < kTileDepth; ++k) {
            const std::uint8_t x = rows[(high * kTileRows + row) * stride + k];
            const auto w = static_cast<std::int8_t>(weight[at * panel + k / 4 * kTileDepth + out * 4 + k % 4]);
            sums_[2 * high + at][place] += x * w;
          }
        }
      }
    }
  }

  // (4, 16, 16)
  void store(std::int32_t* to) const { std::memcpy(to, sums_, sizeof(sums_)); }

 private:
  void open() {}
  void close() {}

  std::int32_t sums_[4][kTileRows * kTileRows];
#elif !defined(DUIZHAO_KNOWS_NEW)
  // Never called.
  void clear() {}
  void add(const std::uint8_t*, const std::uint8_t*) {}
  template <int kHigh, int kPanels>
  void add_bytes(const std::uint8_t*, std::ptrdiff_t, const std::uint8_t*, std::ptrdiff_t) {}
  void store(std::int32_t*) const {}

 private:
  void open() {}
  void close() {}
#else
  void clear() {
    asm volatile(
        "tilezero %%tmm0\n\t"
        "tilezero %%tmm1\n\t"
        "tilezero %%tmm2\n\t"
        "tilezero %%tmm3" ::);
  }

  // Two tiles each, the high bytes and the low ones.
  void add(const std::uint8_t* rows, const std::uint8_t* weight) {
    asm volatile(
        "tileloadd (%[x], %[row]), %%tmm4\n\t"
        "tileloadd (%[w], %[row]), %%tmm6\n\t"
        "tdpbssd %%tmm6, %%tmm4, %%tmm0\n\t"
        "tileloadd %c[tile](%[w], %[row]), %%tmm7\n\t"
        "tdpbsud %%tmm7, %%tmm4, %%tmm1\n\t"
        "tileloadd %c[tile](%[x], %[row]), %%tmm5\n\t"
        "tdpbusd %%tmm6, %%tmm5, %%tmm2\n\t"
        "tdpbuud %%tmm7, %%tmm5, %%tmm3"
        :
        : [x] "r"(rows), [w] "r"(weight), [row] "r"(static_cast<std::ptrdiff_t>(kTileDepth)), [tile] "i"(kTile)
        : "memory");
  }

  // Bytes without a sign, of kHigh times 16 rows, with those of kPanels panels: sums 0 and 1 are of the first 16 rows.
  template <int kHigh, int kPanels>
  void add_bytes(const std::uint8_t* rows, std::ptrdiff_t stride, const std::uint8_t* weight, std::ptrdiff_t panel) {
    const auto row = static_cast<std::ptrdiff_t>(kTileDepth);
    asm volatile(
        "tileloadd (%[x], %[stride]), %%tmm4\n\t"
        "tileloadd (%[w], %[row]), %%tmm6\n\t"
        "tdpbusd %%tmm6, %%tmm4, %%tmm0"
        :
        : [x] "r"(rows), [stride] "r"(stride), [w] "r"(weight), [row] "r"(row)
        : "memory");
    if constexpr (kPanels == 2) {
      asm volatile(
          "tileloadd (%[w], %[row]), %%tmm7\n\t"
          "tdpbusd %%tmm7, %%tmm4, %%tmm1"
          :
          : [w] "r"(weight + panel), [row] "r"(row)
          : "memory");
    }
    if constexpr (kHigh == 2) {
      asm volatile(
          "tileloadd (%[x], %[stride]), %%tmm5\n\t"
          "tdpbusd %%tmm6, %%tmm5, %%tmm2"
          :
          : [x] "r"(rows + kTileRows * stride), [stride] "r"(stride)
          : "memory");
      if constexpr (kPanels == 2) asm volatile("tdpbusd %%tmm7, %%tmm5, %%tmm3" ::);
    }
  }

  // (4, 16, 16)
  void store(std::int32_t* to) const {
    asm volatile(
        "tilestored %%tmm0, (%[to], %[row])\n\t"
        "tilestored %%tmm1, %c[tile](%[to], %[row])\n\t"
        "tilestored %%tmm2, 2*%c[tile](%[to], %[row])\n\t"
        "tilestored %%tmm3, 3*%c[tile](%[to], %[row])"
        :
        : [to] "r"(to), [row] "r"(static_cast<std::ptrdiff_t>(kTileDepth)), [tile] "i"(kTile)
        : "memory");
  }

 private:
  // Eight registers of 16 rows of 64 bytes (Intel's manual, volume 2, LDTILECFG).
  struct alignas(64) Configuration {
    std::uint8_t palette = 1, first_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t n_rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };

  void open() {
    static constexpr Configuration kConfiguration;
    static_assert(sizeof(kConfiguration) == 64);
    asm volatile("ldtilecfg %0" ::"m"(kConfiguration));
  }

  // Without this the system would keep them for the thread wherever it goes.
  void close() { asm volatile("tilerelease" ::); }
#endif
};

// Products of 16 rows with a panel of 16 outputs; `depth` is how many numbers each has, a multiple of 64. The sums are
// (16, 16).
DUIZHAO_AVX512 [[gnu::noinline]] inline void sum_tiles(Tiles& tiles, const std::uint8_t* rows,
                                                       const std::uint8_t* weight, int depth, float* sums) {
  alignas(kCacheLine) std::int32_t parts[4 * kTileRows * kTileRows];
  for (int start = 0; start < depth; start += kBlock) {
    const int end = depth - start < kBlock ? depth : start + kBlock;
    tiles.clear();
    for (int k = start; k < end; k += kTileDepth) {
      const std::size_t at = k / kTileDepth * 2 * kTile;
      tiles.add(rows + at, weight + at);
    }
    tiles.store(parts);
    for (int row = 0; row < kTileRows; ++row) {
      const auto* part = reinterpret_cast<const Wide*>(parts + row * kTileRows);
      const Wide middle = part[kTileRows] + part[2 * kTileRows];
      add_block((part[0] << 16) + (middle << 8) + part[3 * kTileRows], start == 0, sums + row * kTileRows);
    }
  }
}

}  // namespace duizhao
