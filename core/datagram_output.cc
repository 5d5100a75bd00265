#include "core/datagram_output.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/check.h"

namespace weir {

void DatagramOutput::append(const DatagramRoute& to, std::string_view datagram,
                            std::size_t max_segment) {
  WEIR_CHECK(datagram.size() <= kMaxDatagram && !is_full(datagram.size()));
  if (!extend_last(to, datagram, max_segment)) {
    char* bytes = copy(datagram);
    runs_.push_back({to, bytes, static_cast<std::uint32_t>(datagram.size()),
                     static_cast<std::uint16_t>(datagram.size()), 1});
    ++blocks_.back().runs;
  }
  // Last: what there is no memory for is not counted.
  waiting_ += datagram.size() + kOverhead;
  ++datagrams_;
}

// A smaller datagram ends its run: the kernel cuts everywhere else at `segment` bytes.
bool DatagramOutput::extend_last(const DatagramRoute& to, std::string_view datagram,
                                 std::size_t max_segment) {
  if (runs_.empty() || datagram.empty()) return false;
  DatagramRun& run = runs_.back();
  const bool fits = run.segment <= max_segment && datagram.size() <= run.segment &&
                    run.size == std::uint32_t{run.segment} * run.count &&
                    run.count < DatagramSocket::kMaxSegments &&
                    run.size + datagram.size() <= DatagramSocket::kMaxRunBytes &&
                    blocks_.back().used + datagram.size() <= DatagramArena::kBlockBytes;
  if (!fits || !(run.to == to)) return false;
  copy(datagram);
  run.size += static_cast<std::uint32_t>(datagram.size());
  ++run.count;
  return true;
}

char* DatagramOutput::copy(std::string_view datagram) {
  if (blocks_.empty() || blocks_.back().used + datagram.size() > DatagramArena::kBlockBytes) {
    blocks_.push_back({arena_.take_block()});
  }
  BlockInUse& block = blocks_.back();
  char* bytes = block.bytes.get() + block.used;
  std::copy(datagram.begin(), datagram.end(), bytes);
  block.used += datagram.size();
  return bytes;
}

void DatagramOutput::flush(DatagramSocket& socket, DatagramCounters& counters) {
  std::size_t done = 0;
  bool failed = false;  // the next run, once
  while (done < runs_.size()) {
    const int result = socket.send(std::span(runs_).subspan(done));
    if (result == -EINTR) continue;
    if (result == -EAGAIN) break;
    if (result >= 0) {
      for (int i = 0; i < result; ++i, ++done) {
        counters.sent.add(runs_[done].count);
        counters.bytes_sent.add(runs_[done].size);
      }
      failed = false;
    } else if (runs_[done].count > 1 && DatagramSocket::refuses_segments(-result)) {
      split(done);
    } else if (!failed) {
      // Perhaps an answer to an earlier datagram, which is reported once.
      failed = true;
    } else {
      counters.failed.add(runs_[done++].count);
      failed = false;
    }
  }
  release(done);
}

// Into runs of one datagram each.
void DatagramOutput::split(std::size_t index) {
  const DatagramRun run = runs_[index];
  std::vector<DatagramRun> singles(run.count, run);
  for (std::size_t i = 0; i < singles.size(); ++i) {
    const std::size_t offset = i * run.segment;
    singles[i].bytes = run.bytes + offset;
    singles[i].size =
        std::min<std::uint32_t>(run.segment, run.size - static_cast<std::uint32_t>(offset));
    singles[i].segment = static_cast<std::uint16_t>(singles[i].size);
    singles[i].count = 1;
  }
  const auto block = std::find_if(blocks_.begin(), blocks_.end(), [&run](const BlockInUse& one) {
    return run.bytes >= one.bytes.get() && run.bytes < one.bytes.get() + DatagramArena::kBlockBytes;
  });
  block->runs += singles.size() - 1;
  const auto at = runs_.begin() + static_cast<std::ptrdiff_t>(index);
  *at = singles.front();
  runs_.insert(at + 1, singles.begin() + 1, singles.end());
}

// The first `runs` have left, or were given up.
void DatagramOutput::release(std::size_t runs) {
  for (std::size_t i = 0; i < runs; ++i) {
    datagrams_ -= runs_[i].count;
    waiting_ -= runs_[i].size + runs_[i].count * kOverhead;
    if (--blocks_.front().runs > 0) continue;
    arena_.give_back(std::move(blocks_.front().bytes));
    blocks_.pop_front();
  }
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(runs));
  if (runs_.empty() && runs_.capacity() > kKeptRuns) std::vector<DatagramRun>().swap(runs_);
}

void DatagramOutput::clear() { release(runs_.size()); }

}  // namespace weir
