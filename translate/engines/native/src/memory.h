// Memory for vectors: aligned to cache lines, not set to anything, kept when it shrinks.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace duizhao {

constexpr std::size_t kCacheLine = 64;

inline std::size_t rounded(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }

template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { resize(size); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  // What was in it is lost when it grows.
  void resize(std::size_t size) {
    if (size <= room_) return;
    std::free(data_);
    data_ = nullptr;
    room_ = 0;
    void* fresh = std::aligned_alloc(kCacheLine, rounded(size * sizeof(T), kCacheLine));
    if (fresh == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(fresh);
    room_ = size;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(room_, other.room_);
  }

  T* data_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace duizhao
