#include "servers/redis/types/stream_group.h"

#include "base/check.h"

namespace weir::redis {
namespace {

// A node of the map: three links and a colour before what it holds.
constexpr size_t kMapNodeBytes =
    4 * sizeof(void*) + sizeof(std::pair<const std::string, StreamConsumer>);

}  // namespace

StreamGroup StreamGroup::clone() const {
  StreamGroup copy(last_id_, entries_read_);
  for (const auto& [name, consumer] : consumers_) copy.see_consumer(name, consumer.seen_ms_);
  for_each_pending({}, [&copy](StreamId id, Delivery delivery) {
    delivery.consumer = copy.find_consumer(delivery.consumer->name());
    copy.assign(id, delivery);
    return true;
  });
  return copy;
}

StreamConsumer* StreamGroup::find_consumer(std::string_view name) {
  const auto found = consumers_.find(name);
  return found == consumers_.end() ? nullptr : &found->second;
}

StreamConsumer& StreamGroup::see_consumer(std::string_view name, int64_t now_ms) {
  auto at = consumers_.lower_bound(name);
  if (at == consumers_.end() || at->first != name) {
    at = consumers_.emplace_hint(at, std::string(name), StreamConsumer());
    at->second.name_ = at->first;
  }
  at->second.seen_ms_ = now_ms;
  return at->second;
}

size_t StreamGroup::remove_consumer(std::string_view name) {
  const auto found = consumers_.find(name);
  if (found == consumers_.end()) return 0;
  StreamConsumer& consumer = found->second;
  consumer.pending_.for_each({}, [this](const auto& item) { return pending_.erase(item.id); });
  const size_t removed = consumer.pending_count();
  consumers_.erase(found);
  return removed;
}

const StreamGroup::Delivery* StreamGroup::find_pending(StreamId id) const {
  const auto* found = pending_.find(id);
  return found == nullptr ? nullptr : &found->value;
}

std::optional<StreamId> StreamGroup::next_pending(StreamId id) const {
  const auto* found = pending_.first_from(id);
  return found == nullptr ? std::nullopt : std::optional(found->id);
}

std::optional<StreamId> StreamGroup::last_pending() const {
  const auto* found = pending_.last();
  return found == nullptr ? std::nullopt : std::optional(found->id);
}

void StreamGroup::assign(StreamId id, const Delivery& delivery) {
  WEIR_DCHECK(delivery.consumer != nullptr);
  const Delivery* last = find_pending(id);
  StreamConsumer* owner = last == nullptr ? nullptr : last->consumer;
  pending_.insert(id, delivery);
  if (owner == delivery.consumer) return;
  if (owner != nullptr) owner->pending_.erase(id);
  delivery.consumer->pending_.insert(id, {});
}

bool StreamGroup::acknowledge(StreamId id) {
  const Delivery* found = find_pending(id);
  if (found == nullptr) return false;
  found->consumer->pending_.erase(id);
  return pending_.erase(id);
}

// The group's own order goes last: meanwhile it stands for what the consumers hold.
void StreamGroup::drain(size_t count) {
  if (consumers_.empty()) pending_.drain(count);
  while (count > 0 && !consumers_.empty()) {
    const auto first = consumers_.begin();
    count -= first->second.pending_.drain(count);
    if (count == 0) return;
    consumers_.erase(first);
    --count;
  }
}

size_t StreamGroup::memory_usage() const {
  size_t bytes = pending_.memory_usage();
  for (const auto& [name, consumer] : consumers_) {
    const bool is_inline = name.capacity() < sizeof(std::string) / 2;
    bytes +=
        kMapNodeBytes + (is_inline ? 0 : name.capacity() + 1) + consumer.pending_.memory_usage();
  }
  return bytes;
}

}  // namespace weir::redis
