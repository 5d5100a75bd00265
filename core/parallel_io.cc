#include "core/parallel_io.h"

#include <algorithm>
#include <cerrno>
#include <new>

namespace weir {

ParallelIo::ParallelIo(Backend& backend, std::uint32_t threads)
    : backend_(backend), threads_(threads), arenas_(threads) {
  backend.defer_reads();
}

void ParallelIo::forget() {
  if (reads_.empty()) return;
  std::size_t bytes = 1;
  for (const Read& read : reads_) {
    bytes += static_cast<std::size_t>(std::max<ssize_t>(read.result, 0));
  }
  round_ = std::clamp(kRoundBytes * reads_.size() / bytes, kLeastReads, kMostReads);
  reads_.clear();
  for (Arena& arena : arenas_) arena.reset();
}

void ParallelIo::gather(Connection& connection, const Event& event) {
  reads_.push_back({.connection = &connection, .event = event});
  connection.gathered_ = true;
}

bool ParallelIo::receive() {
  return threads_.run(reads_.size(), [this](std::size_t thread, std::size_t item) {
    receive_one(thread, reads_[item]);
  });
}

void ParallelIo::receive_one(std::size_t thread, Read& read) {
  Connection& connection = *read.connection;
  if (connection.is_closed()) return;  // by somebody else's event of this tick
  std::string_view bytes = read.event.bytes;
  if (read.event.kind == Event::Kind::kReadable) {
    fill(arenas_[thread], read);
    bytes = {read.room.data(), static_cast<std::size_t>(std::max<ssize_t>(read.result, 0))};
  } else {
    read.result = static_cast<ssize_t>(bytes.size());
  }
  if (bytes.empty() || !connection.is_open() || connection.output_full_) return;
  read.ahead = connection.decode_ahead(bytes);
  read.decoded = true;
}

void ParallelIo::fill(Arena& arena, Read& read) {
  try {
    read.room = arena.room();
  } catch (const std::bad_alloc&) {
    read.result = -ENOMEM;  // as if the kernel had said so: the connection ends
    return;
  }
  read.result = backend_.receive(*read.event.channel, read.room);
  if (read.result > 0) arena.commit(static_cast<std::size_t>(read.result));
}

bool ParallelIo::send(std::span<Connection* const> connections) {
  writes_.clear();
  for (Connection* connection : connections) {
    connection->contain([this, connection] {
      if (connection->start_flush()) writes_.push_back({connection, {}});
    });
  }
  const bool shared = threads_.run(writes_.size(), [this](std::size_t, std::size_t item) {
    writes_[item].sending = writes_[item].connection->transmit();
  });
  for (const Write& write : writes_) {
    write.connection->contain([&write] { write.connection->finish_flush(write.sending); });
  }
  return shared;
}

std::span<char> ParallelIo::Arena::room() {
  if (!blocks_.empty() && kBlockBytes - used_ < kMinRoom) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
  }
  const std::size_t room = kBlockBytes - used_;
  // Many bulk senders in one tick must not take a block each.
  return {blocks_[block_].get() + used_, block_ < kKeptBlocks ? room : std::min(room, kMinRoom)};
}

void ParallelIo::Arena::reset() {
  blocks_.resize(std::min(blocks_.size(), kKeptBlocks));
  block_ = used_ = 0;
}

}  // namespace weir
