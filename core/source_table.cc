#include "core/source_table.h"

#include <utility>

#include "base/check.h"

namespace weir {

Result<Source*> SourceTable::add(int fd, Interest interest, Source::OnReady on_ready) {
  Channel channel;
  channel.reading = interest.readable;
  channel.writing = interest.writable;
  return watch(fd, channel, std::move(on_ready));
}

Result<Source*> SourceTable::add_shared(int fd, Source::OnReady on_ready) {
  Channel channel;
  channel.exclusive = true;
  return watch(fd, channel, std::move(on_ready));
}

Result<Source*> SourceTable::add_listening(int fd, bool shared, Source::OnReady on_ready) {
  Channel channel;
  channel.listens = true;
  channel.exclusive = shared;
  return watch(fd, channel, std::move(on_ready));
}

Result<Source*> SourceTable::watch(int fd, const Channel& how, Source::OnReady on_ready) {
  auto source = std::make_unique<Source>();
  source->on_ready = std::move(on_ready);
  source->channel = how;
  source->channel.fd = fd;
  source->channel.kind = Channel::Kind::kSource;
  source->channel.owner = source.get();
  // Its memory before the kernel knows of it, and what remove() will need; doubled, as reserving
  // one by one would copy every time.
  const std::size_t count = sources_.size() + 1;
  if (sources_.capacity() < count) sources_.reserve(2 * count);
  const std::size_t all = removed_.size() + count;
  if (removed_.capacity() < all) removed_.reserve(2 * all);
  const Status status = backend_.add(source->channel);
  if (!status.is_ok()) return status;
  source->index = sources_.size();
  sources_.push_back(std::move(source));
  return sources_.back().get();
}

void SourceTable::remove(Source& source) {
  backend_.remove(source.channel);
  const std::size_t index = source.index;
  WEIR_CHECK(index < sources_.size() && sources_[index].get() == &source);
  removed_.push_back(std::move(sources_[index]));
  if (index + 1 < sources_.size()) {
    sources_[index] = std::move(sources_.back());
    sources_[index]->index = index;
  }
  sources_.pop_back();
}

}  // namespace weir
