#include "codec/resp_partial.h"

#include <hiredis/read.h>

#include <algorithm>
#include <new>

extern "C" {
#include <hiredis/sds.h>
}

#include "codec/inline_command.h"

namespace weir::codec {
namespace {

constexpr std::string_view kOutOfMemory = "ERR Protocol error: out of memory";

// Past this size hiredis grows its buffer by 1 MiB at a time, which copies a value of 512 MiB
// 512 times.
constexpr std::size_t kReaderDoublesUpTo = SDS_MAX_PREALLOC;

}  // namespace

void PartialRequest::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

PartialRequest::Outcome PartialRequest::feed(std::string_view input, const RequestLimits& limits,
                                             std::size_t& consumed) {
  if (inline_) return feed_line(input, consumed);
  consumed = 0;
  while (consumed < input.size()) {
    const RequestGuard::Step step = guard_.next(input.substr(consumed), limits);
    consumed += step.consumed;
    if (step.outcome == RequestGuard::Outcome::kError) return Outcome::kError;
    if (step.outcome == RequestGuard::Outcome::kEmpty) return Outcome::kEmpty;
    if (!step.bytes.empty() && !feed_reader(step.bytes)) return Outcome::kError;
    if (step.outcome == RequestGuard::Outcome::kRequest) {
      return parse() ? Outcome::kRequest : Outcome::kError;
    }
  }
  return parse() ? Outcome::kNeedMore : Outcome::kError;
}

PartialRequest::Outcome PartialRequest::feed_line(std::string_view input, std::size_t& consumed) {
  const std::size_t old_size = line_.size();
  line_.append(input.substr(0, RequestLimits::kMaxLineBytes + 1 - old_size));
  consumed = line_.size() - old_size;
  if (!saw_nul_) {
    const Step<std::string_view> step = line_scan_.next(line_);
    if (step.outcome == codec::Outcome::kFrame) {
      saw_nul_ = step.frame.find('\0') != std::string_view::npos;
      if (!saw_nul_) {
        consumed = step.consumed - old_size;
        line_.resize(step.frame.size());
        return Outcome::kRequest;
      }
    }
  }
  if (line_.size() <= RequestLimits::kMaxLineBytes) return Outcome::kNeedMore;
  own_error_ = "ERR Protocol error: too big inline request";
  return Outcome::kError;
}

bool PartialRequest::feed_reader(std::string_view bytes) {
  if (reader_ == nullptr) {
    static redisReplyObjectFunctions functions = [] {
      redisReplyObjectFunctions table{};
      table.createString = [](const redisReadTask* task, char* text, std::size_t size) {
        return static_cast<PartialRequest*>(task->privdata)->add_argument({text, size});
      };
      // The count's type differs between hiredis' versions.
      table.createArray = [](const redisReadTask* task, auto) { return task->privdata; };
      table.freeObject = [](void*) {};
      return table;
    }();
    reader_.reset(redisReaderCreateWithFunctions(&functions));
    if (reader_ != nullptr) reader_->privdata = this;
  }
  if (reader_ == nullptr) {
    own_error_ = kOutOfMemory;
    return false;
  }
  const std::size_t held = reader_->len;
  if (held >= kReaderDoublesUpTo && sdsavail(reader_->buf) < bytes.size()) {
    // Doubles, or less where the argument needs less: its announced size is only a ceiling.
    const std::size_t rest = bytes.size() + guard_.payload_left();
    char* const grown = sdsMakeRoomFor(reader_->buf, std::clamp(held, bytes.size(), rest));
    if (grown != nullptr) reader_->buf = grown;
  }
  const bool fed = redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
  if (!fed) own_error_ = kOutOfMemory;
  return fed;
}

// Lets hiredis take the arguments that are complete. It finds no fault in what the guard let pass,
// so it fails only where memory does.
bool PartialRequest::parse() {
  void* reply = nullptr;
  if (reader_ == nullptr || redisReaderGetReply(reader_.get(), &reply) == REDIS_OK) return true;
  own_error_ = kOutOfMemory;
  return false;
}

// Called from C code, which no exception may cross.
void* PartialRequest::add_argument(std::string_view argument) {
  try {
    arguments_.push_back(arena_.copy(argument));
    return this;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

bool PartialRequest::take(std::vector<std::string_view>& arguments, ByteArena& owner) {
  if (!inline_) {
    arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
    owner.adopt(std::move(arena_));
    return true;
  }
  if (line_.empty()) return true;
  char* const line = owner.allocate(line_.size());
  std::copy(line_.begin(), line_.end(), line);
  return split_inline_command({line, line_.size()}, line, arguments);
}

std::string PartialRequest::error() const {
  return own_error_.empty() ? guard_.error() : std::string(own_error_);
}

std::size_t PartialRequest::memory_usage() const {
  std::size_t bytes = sizeof(*this) + arena_.memory_usage() + line_.capacity() +
                      arguments_.capacity() * sizeof(std::string_view);
  if (reader_ != nullptr) {
    bytes += sizeof(redisReader) + sdslen(reader_->buf) + sdsavail(reader_->buf);
  }
  return bytes;
}

}  // namespace weir::codec
