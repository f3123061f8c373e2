// Sixteen bytes at once, as many as one instruction moves: the address must be a multiple of 16.
#pragma once

#include "element.cuh"

namespace weir {

template <typename T>
struct alignas(16) Vector16 {
    static constexpr int count = 16 / sizeof(T);
    T x[count];
};

WEIR_DEVICE bool is_aligned16(const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

// Moved as four words: element by element the compiler may make two instructions of eight bytes of it.
template <typename T>
WEIR_DEVICE Vector16<T> load16(const T* p) {
    WEIR_CHECK(is_aligned16(p), "load16 reads an address that is no multiple of 16");
    uint4 words = *reinterpret_cast<const uint4*>(p);
    Vector16<T> v;
    memcpy(&v, &words, sizeof words);
    return v;
}

template <typename T>
WEIR_DEVICE void store16(T* p, const Vector16<T>& v) {
    WEIR_CHECK(is_aligned16(p), "store16 writes an address that is no multiple of 16");
    uint4 words;
    memcpy(&words, &v, sizeof words);
    *reinterpret_cast<uint4*>(p) = words;
}

}  // namespace weir
