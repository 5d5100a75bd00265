#include "servers/redis/rdb/lzf.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>

namespace weir::redis::rdb {
namespace {

constexpr std::size_t kMaxRun = 32;
constexpr std::size_t kMaxDistance = std::size_t{1} << 13;
constexpr std::size_t kMinMatch = 3;
constexpr std::size_t kMaxMatch = 264;
constexpr std::size_t kMatchBytes = 3;  // of the longest form

// Where each three bytes were seen last. Positions count on from text to text, so that those of
// earlier texts are told by being too small and nothing has to be wiped.
class Sightings {
 public:
  // Begins a text; its positions, from begin() on, fit.
  void start(std::size_t size) {
    begin_ = end_;
    if (size > std::numeric_limits<std::uint32_t>::max() - begin_) {
      std::fill(std::begin(last_), std::end(last_), 0);
      begin_ = 1;
    }
    end_ = begin_ + static_cast<std::uint32_t>(size);
  }

  // Notes three bytes at `offset`. Returns the offset at which they, or others of the same hash,
  // stood before; 0 when there is none. The text's very first place counts as none, as in liblzf.
  std::size_t note(const unsigned char* bytes, std::size_t offset) {
    std::uint32_t& last = last_[hash(bytes)];
    const std::uint32_t before = last;
    last = begin_ + static_cast<std::uint32_t>(offset);
    return before > begin_ ? before - begin_ : 0;
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 16;

  static std::size_t hash(const unsigned char* bytes) {
    const auto word = static_cast<std::uint32_t>(bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
    return ((word >> 8) - word * 5) & (kSlots - 1);
  }

  std::uint32_t begin_ = 1;
  std::uint32_t end_ = 1;
  std::uint32_t last_[kSlots] = {};
};

class Compressor {
 public:
  Compressor(std::string_view text, std::size_t capacity, char* to, Sightings& sightings)
      : text_(reinterpret_cast<const unsigned char*>(text.data())),
        size_(text.size()),
        to_(to),
        capacity_(capacity),
        sightings_(sightings) {}

  // Bytes written; 0 when they do not fit.
  std::size_t compress() {
    sightings_.start(size_);
    while (at_ + kMinMatch <= size_) {
      const std::size_t before = sightings_.note(text_ + at_, at_);
      const bool fits = is_match(before) ? put_match(before) : put_literal();
      if (!fits) return 0;
    }
    if (written_ + kMatchBytes > capacity_) return 0;
    while (at_ < size_) append_literal();
    close_run();
    return written_;
  }

 private:
  bool is_match(std::size_t before) const {
    return before != 0 && at_ - before <= kMaxDistance &&
           std::memcmp(text_ + before, text_ + at_, kMinMatch) == 0;
  }

  // The bound is two less than what is left of the text, where that is short: liblzf's, whose loop
  // over the first 16 bytes does not look at it either.
  std::size_t match_length(std::size_t before) const {
    const std::size_t bound = std::min(size_ - at_ - 2, kMaxMatch);
    const std::size_t end = bound > 16 ? std::max<std::size_t>(bound, 19) : bound;
    std::size_t length = kMinMatch;
    while (length < end && text_[before + length] == text_[at_ + length]) ++length;
    return length;
  }

  bool put_match(std::size_t before) {
    if (written_ - (run_ == 0 ? 1 : 0) + kMatchBytes + 1 >= capacity_) return false;
    close_run();
    const std::size_t length = match_length(before);
    const std::size_t distance = at_ - before - 1;
    const std::size_t coded = length - 2;
    put((distance >> 8) | (std::min<std::size_t>(coded, 7) << 5));
    if (coded >= 7) put(coded - 7);
    put(distance & 0xff);
    at_ += length;
    ++written_;  // the next run's first byte
    if (at_ + kMinMatch <= size_) {
      // Of what the match covers only the last two places are noted.
      sightings_.note(text_ + at_ - 2, at_ - 2);
      sightings_.note(text_ + at_ - 1, at_ - 1);
    }
    return true;
  }

  bool put_literal() {
    if (written_ >= capacity_) return false;
    append_literal();
    return true;
  }

  void append_literal() {
    put(text_[at_++]);
    if (++run_ < kMaxRun) return;
    close_run();
    ++written_;
  }

  // Fills in the byte in front of the run, or takes it back when the run is empty.
  void close_run() {
    if (run_ == 0) {
      --written_;
      return;
    }
    to_[written_ - run_ - 1] = static_cast<char>(run_ - 1);
    run_ = 0;
  }

  void put(std::size_t byte) { to_[written_++] = static_cast<char>(byte); }

  const unsigned char* text_;
  std::size_t size_;
  char* to_;
  std::size_t capacity_;
  Sightings& sightings_;
  std::size_t at_ = 0;
  std::size_t written_ = 1;  // with the byte in front of the open run
  std::size_t run_ = 0;      // literals in the open run
};

class Decompressor {
 public:
  Decompressor(std::string_view compressed, std::size_t size, char* to)
      : rest_(compressed), to_(to), left_(size) {}

  bool decompress() {
    while (!rest_.empty()) {
      const std::size_t control = take();
      const bool fits = control < kMaxRun ? copy_run(control + 1) : copy_match(control);
      if (!fits) return false;
    }
    return left_ == 0;
  }

 private:
  std::size_t take() {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  bool copy_run(std::size_t length) {
    if (length > rest_.size() || length > left_) return false;
    std::memcpy(to_ + written_, rest_.data(), length);
    rest_.remove_prefix(length);
    advance(length);
    return true;
  }

  bool copy_match(std::size_t control) {
    std::size_t length = (control >> 5) + 2;
    const bool is_long = length == 9;
    if (rest_.size() < (is_long ? 2 : 1)) return false;
    if (is_long) length += take();
    const std::size_t distance = ((control & 0x1f) << 8 | take()) + 1;
    if (distance > written_ || length > left_) return false;
    // Byte by byte: the match may reach into itself.
    for (std::size_t i = 0; i < length; ++i) to_[written_ + i] = to_[written_ + i - distance];
    advance(length);
    return true;
  }

  void advance(std::size_t length) {
    written_ += length;
    left_ -= length;
  }

  std::string_view rest_;
  char* to_;
  std::size_t written_ = 0;
  std::size_t left_;
};

}  // namespace

bool compress_lzf(std::string_view text, std::size_t max_size, std::string& to) {
  // Not part of each thread's static storage: most threads never compress.
  thread_local std::unique_ptr<Sightings> sightings;
  if (text.empty() || max_size == 0 || text.size() > kMaxLzfText) return false;
  if (sightings == nullptr) sightings = std::make_unique<Sightings>();
  // The last literals may close a run and reserve the byte of another.
  to.resize(max_size + 1);
  const std::size_t size = Compressor(text, max_size, to.data(), *sightings).compress();
  to.resize(size);
  return size != 0;
}

bool decompress_lzf(std::string_view compressed, std::size_t size, std::string& to) {
  constexpr std::size_t kMaxGrowth = kMaxMatch / kMatchBytes;
  if (size == 0 || size > kMaxLzfText || size / kMaxGrowth > compressed.size()) return false;
  to.resize(size);
  return Decompressor(compressed, size, to.data()).decompress();
}

}  // namespace weir::redis::rdb
