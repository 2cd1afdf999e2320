// What this processor multiplies integers with. Whatever is taken, the sums have the same bits, so that a corpus does
// not depend on the machine that it was made on; how fast it is does.
#pragma once

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace duizhao {

// Compilers before GCC 11 and Clang 12 have neither VNNI in AVX's encoding nor tiles.
#if defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11
#define DUIZHAO_KNOWS_NEW
constexpr bool kKnowsNew = true;
#else
constexpr bool kKnowsNew = false;
#endif

enum class Instructions : int {
  kAvx2 = 0,     // pairs of 16 bits are multiplied, and their sum is added by another instruction
  kAvxVnni = 1,  // one instruction does both
  kAvx512 = 2,   // and with twice as many pairs (VNNI)
  kAmx = 3,      // tiles of bytes
};

constexpr int kManyInstructions = 4;

// A bit for each of them.
constexpr unsigned bit_of(Instructions instructions) { return 1u << static_cast<int>(instructions); }

// Whether vectors are of sixteen floats.
constexpr bool has_wide(Instructions instructions) {
  return instructions == Instructions::kAvx512 || instructions == Instructions::kAmx;
}

#ifdef DUIZHAO_EMULATED
// For tests: all of them, done with those of AVX2.
inline unsigned found() { return (1u << kManyInstructions) - 1; }
#else
// Which registers the system keeps when it takes the processor from a process.
[[gnu::target("xsave")]] inline std::uint64_t kept_registers() {
  std::uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | static_cast<std::uint64_t>(high) << 32;
}

// Linux gives eight kilobytes a thread for tiles only to a process that asks.
inline bool gives_tiles() {
  constexpr long kAskFor = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kAskFor, kTileData) == 0;
}

// Those that the processor, the system and the compiler have (Intel's manual, volume 1, 14.4 and 18.3); AVX2 is asked for
// before this is called.
inline unsigned found() {
  unsigned all = bit_of(Instructions::kAvx2);
  std::uint32_t eax, ebx, ecx, edx, eax_1, unused;
  const auto has = [](std::uint32_t part, int bit) { return (part >> bit & 1) != 0; };
  // OSXSAVE.
  if (!__get_cpuid_count(1, 0, &eax, &ebx, &ecx, &edx) || !has(ecx, 27)) return all;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return all;
  if (eax < 1 || !__get_cpuid_count(7, 1, &eax_1, &unused, &unused, &unused)) eax_1 = 0;
  const std::uint64_t kept = kept_registers();
  constexpr std::uint64_t kVectors = 0xe6, kTiles = 3 << 17;
  if (kKnowsNew && has(eax_1, 4)) all |= bit_of(Instructions::kAvxVnni);
  // F, BW and VNNI.
  if ((kept & kVectors) != kVectors || !has(ebx, 16) || !has(ebx, 30) || !has(ecx, 11)) return all;
  all |= bit_of(Instructions::kAvx512);
  // AMX-TILE and AMX-INT8.
  if (!kKnowsNew || (kept & kTiles) != kTiles || !has(edx, 24) || !has(edx, 25)) return all;
  return gives_tiles() ? all | bit_of(Instructions::kAmx) : all;
}
#endif

}  // namespace duizhao
