#ifndef CK_DISPATCH_H
#define CK_DISPATCH_H

// One copy of a function per generation of vector units, of which the loader picks the widest that the machine has.
// Helpers are always inlined, so that they are compiled for the generation of their caller. Contraction of products
// and sums into fused operations stays at the language's default (within one expression), which makes the vector body
// of a loop and its scalar remainder round alike.

// The loader chooses before a sanitizer's runtime is ready for it: instrumented builds keep the baseline only.

#if defined(__x86_64__) && defined(__ELF__) && !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
#define CK_DISPATCH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_DISPATCH
#endif

#define CK_INLINE static inline __attribute__((always_inline))

// Operands of an elementwise loop are the same array or apart, so no iteration reads what another wrote.
#define CK_LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")

#define CK_CONCATENATE_(a, b) a##b
#define CK_CONCATENATE(a, b) CK_CONCATENATE_(a, b)

#endif
