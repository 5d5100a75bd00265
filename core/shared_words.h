// Numbers that processes share with those they fork: atomics in memory that a fork does not copy.
// open() before the fork; the words from any thread of any of the processes.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"

namespace weir {

class SharedWords {
 public:
  using Word = std::atomic<std::uint32_t>;
  static_assert(Word::is_always_lock_free, "its lock would be in one process");

  SharedWords() = default;
  ~SharedWords() {
    if (words_ != nullptr) ::munmap(words_, size_ * sizeof(Word));
  }
  SharedWords(const SharedWords&) = delete;
  SharedWords& operator=(const SharedWords&) = delete;

  // All are 0.
  Status open(std::size_t size) {
    void* memory = ::mmap(nullptr, size * sizeof(Word), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return Status::from_errno(errno, "cannot map shared memory");
    words_ = static_cast<Word*>(memory);
    size_ = size;
    std::uninitialized_value_construct_n(words_, size);
    return Status::ok();
  }

  std::size_t size() const { return size_; }
  Word& operator[](std::size_t i) { return words_[i]; }
  const Word& operator[](std::size_t i) const { return words_[i]; }

 private:
  Word* words_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir
