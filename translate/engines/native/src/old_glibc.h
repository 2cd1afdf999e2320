// Makes the library run with glibc 2.28 (RHEL 8, Debian 10) wherever it was compiled: a newer glibc has newer versions of
// these, with the same results, and a library that asks for those cannot be loaded by an older one.

#pragma once

#include <features.h>

#ifdef __GLIBC__

// The newer versions (2.29) differ in how errors are told, not in what they compute.
__asm__(".symver exp,exp@GLIBC_2.2.5");
__asm__(".symver log,log@GLIBC_2.2.5");
__asm__(".symver pow,pow@GLIBC_2.2.5");

// libstdc++ asks glibc 2.32 by this whether it may count without atomic operations. Zero: it may not.
extern "C" {
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;
}

#endif
