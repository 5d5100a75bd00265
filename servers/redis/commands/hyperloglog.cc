// HyperLogLogs, which are strings: whatever a client wrote with SET is one if it looks like one.
#include "servers/redis/types/hyperloglog.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/hyperloglog_dense.h"
#include "servers/redis/types/hyperloglog_sparse.h"

namespace weir::redis::commands {
namespace {

using hyperloglog::Change;
using hyperloglog::Observation;
using hyperloglog::Registers;

void corrupt(Call& call) { call.error("INVALIDOBJ Corrupted HLL object detected"); }

// The HyperLogLog of an entry that is there; false, with the error replied, where it is none.
bool take_sketch(Call& call, const Entry& entry, std::string_view& text) {
  if (entry.type() != Type::kString) {
    call.wrong_type();
    return false;
  }
  text = entry.text();
  if (hyperloglog::is_valid(text)) return true;
  call.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return false;
}

// A HyperLogLog that is being changed in place. While it lives the string has room to grow behind
// its end: nobody else looks at it.
class Sketch {
 public:
  // REQUIRES: key i has a valid HyperLogLog.
  Sketch(Call& call, std::size_t i)
      : shard_(call.shard(i)),
        key_(call.key(i)),
        now_ms_(call.now_ms),
        max_sparse_(call.limits().hll_sparse_max_bytes) {
    size_ = shard_.find(key_, now_ms_)->text().size();
    open(size_);
  }
  Sketch(const Sketch&) = delete;
  Sketch& operator=(const Sketch&) = delete;
  ~Sketch() {
    if (room_ != size_) open(size_);
  }

  std::string_view text() const { return {bytes_, size_}; }
  char* bytes() { return bytes_; }
  bool is_sparse() const { return hyperloglog::is_sparse(text()); }

  // Raises a register; a sparse one becomes dense where it must. Leaves the cached cardinality.
  Change raise(Observation observation) {
    if (is_sparse()) {
      if (room_ - size_ < hyperloglog::kSparseGrowth) open(size_ + kRoom);
      const Change change = hyperloglog::raise_sparse(bytes_, size_, observation, max_sparse_);
      if (change != Change::kNeedsDense) return change;
      if (!make_dense()) return Change::kCorrupt;
    }
    const bool raised = hyperloglog::raise_dense(bytes_ + hyperloglog::kHeaderBytes, observation);
    return raised ? Change::kRaised : Change::kNone;
  }

  // False where it is corrupt: nothing was changed.
  bool make_dense() {
    if (!is_sparse()) return true;
    const std::optional<std::string> dense = hyperloglog::make_dense(text());
    if (!dense) return false;
    shard_.set_text(key_, *dense, shard_.find(key_, now_ms_)->expiry(), now_ms_);
    size_ = dense->size();
    open(size_);
    return true;
  }

 private:
  static constexpr std::size_t kRoom = 64;

  void open(std::size_t room) {
    bytes_ = shard_.resize_text(key_, room);
    room_ = room;
  }

  Shard& shard_;
  const Key key_;
  const std::int64_t now_ms_;
  const std::size_t max_sparse_;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

void create(Call& call, std::size_t i) {
  call.shard(i).set_text(call.key(i), hyperloglog::make_empty(), Entry::kNever, call.now_ms);
}

void pfadd(Call& call) {
  const Entry* entry = call.find_entry(1);
  bool changed = entry == nullptr;
  std::string_view text;
  if (entry == nullptr) {
    create(call, 1);
  } else if (!take_sketch(call, *entry, text)) {
    return;
  }
  {
    Sketch sketch(call, 1);
    for (std::size_t i = 2; i < call.size(); ++i) {
      const Change change = sketch.raise(hyperloglog::observe(call.argument(i)));
      if (change == Change::kRaised) {
        changed = true;
        hyperloglog::expire_cardinality(sketch.bytes());
      }
      // What was added before it stays, unannounced as in Redis.
      if (change == Change::kCorrupt) return corrupt(call);
    }
    if (changed) hyperloglog::expire_cardinality(sketch.bytes());
  }
  if (changed) call.changed(1, {kStringEvent, "pfadd"});
  call.reply.integer(changed ? 1 : 0);
}

// One key's. The value remembers what was counted, which is a change of it.
void count_one(Call& call) {
  const Entry* entry = call.read_entry(1);
  if (entry == nullptr) return call.reply.integer(0);
  std::string_view text;
  if (!take_sketch(call, *entry, text)) return;
  Sketch sketch(call, 1);
  std::optional<std::uint64_t> cardinality = hyperloglog::cached_cardinality(sketch.text());
  if (!cardinality) {
    cardinality = hyperloglog::count(sketch.text());
    if (!cardinality) return corrupt(call);
    hyperloglog::store_cardinality(sketch.bytes(), *cardinality);
    call.changed(1, kUntold);
  }
  call.reply.integer(static_cast<std::int64_t>(*cardinality));
}

// The union of the keys from 1 on; absent ones have nothing. False, with the error replied, where
// one is no HyperLogLog or corrupt. `any_dense`: one of them is dense.
bool unite(Call& call, Registers& registers, bool& any_dense) {
  for (std::size_t i = 1; i < call.size(); ++i) {
    const Entry* entry = call.read_entry(i);
    if (entry == nullptr) continue;
    std::string_view text;
    if (!take_sketch(call, *entry, text)) return false;
    any_dense = any_dense || !hyperloglog::is_sparse(text);
    if (!hyperloglog::merge(text, registers)) {
      corrupt(call);
      return false;
    }
  }
  return true;
}

void pfcount(Call& call) {
  if (call.size() == 2) return count_one(call);
  Registers registers{};
  bool any_dense = false;
  if (!unite(call, registers, any_dense)) return;
  call.reply.integer(static_cast<std::int64_t>(hyperloglog::count(registers)));
}

// Key 1 is a source too.
void pfmerge(Call& call) {
  Registers registers{};
  bool any_dense = false;
  if (!unite(call, registers, any_dense)) return;
  if (call.find_entry(1) == nullptr) create(call, 1);
  {
    Sketch sketch(call, 1);
    if (any_dense && !sketch.make_dense()) return corrupt(call);
    for (std::uint32_t i = 0; i < registers.size(); ++i) {
      if (registers[i] != 0) sketch.raise({i, registers[i]});
    }
    hyperloglog::expire_cardinality(sketch.bytes());
  }
  call.changed(1, {kStringEvent, "pfadd"});
  call.reply.ok();
}

void reply_registers(Call& call, Sketch& sketch) {
  if (sketch.is_sparse()) {
    if (!sketch.make_dense()) return corrupt(call);
    call.changed(2, kUntold);
  }
  call.reply.array(hyperloglog::kRegisters);
  hyperloglog::for_each_dense(sketch.bytes() + hyperloglog::kHeaderBytes,
                              [&](std::size_t, std::uint8_t value) { call.reply.integer(value); });
}

void reply_runs(Call& call, const Sketch& sketch) {
  if (!sketch.is_sparse()) return call.error("ERR HLL encoding is not sparse");
  const std::string_view runs = sketch.text().substr(hyperloglog::kHeaderBytes);
  // Redis decodes any number, although no registers have so many, into several times as much.
  constexpr std::size_t kMostRuns = 2 << 20;
  if (runs.size() > kMostRuns) return corrupt(call);
  call.reply.bulk(hyperloglog::describe_runs(runs));
}

void convert(Call& call, Sketch& sketch) {
  const bool sparse = sketch.is_sparse();
  if (sparse && !sketch.make_dense()) return corrupt(call);
  if (sparse) call.changed(2, kUntold);
  call.reply.integer(sparse ? 1 : 0);
}

// The key is looked at before the subcommand.
void pfdebug(Call& call) {
  const Entry* entry = call.find_entry(2);
  if (entry == nullptr) return call.error("ERR The specified key does not exist");
  std::string_view text;
  if (!take_sketch(call, *entry, text)) return;
  Sketch sketch(call, 2);
  const bool getreg = call.is_option(1, "getreg");
  const bool decode = call.is_option(1, "decode");
  const bool encoding = call.is_option(1, "encoding");
  if (!getreg && !decode && !encoding && !call.is_option(1, "todense")) {
    const std::string name(call.argument(1).substr(0, call.argument(1).find('\0')));
    return call.error("ERR Unknown PFDEBUG subcommand '" + name + "'");
  }
  if (getreg) return reply_registers(call, sketch);
  if (decode) return reply_runs(call, sketch);
  if (encoding) return call.reply.simple_string(sketch.is_sparse() ? "sparse" : "dense");
  convert(call, sketch);
}

// Whether dense registers keep random values apart.
bool test_registers() {
  auto values = std::make_unique<Registers>();
  std::string registers(hyperloglog::kDenseBytes - hyperloglog::kHeaderBytes, '\0');
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < values->size(); ++i) {
      (*values)[i] = static_cast<std::uint8_t>(Random::of_thread()() & 63U);
      hyperloglog::set_dense_register(registers.data(), i, (*values)[i]);
    }
    for (std::size_t i = 0; i < values->size(); ++i) {
      if (hyperloglog::dense_register(registers.data(), i) != (*values)[i]) return false;
    }
  }
  return true;
}

// Whether up to a million elements are counted well, six standard errors being far out.
bool test_estimate() {
  constexpr double kStandardError = 1.04 / 128;
  std::string dense = *hyperloglog::make_dense(hyperloglog::make_empty());
  const std::uint64_t seed = Random::of_thread()();
  std::uint64_t checkpoint = 1;
  for (std::uint64_t i = 1; i <= 1'000'000; ++i) {
    const std::uint64_t element = i ^ seed;
    const std::string_view bytes(reinterpret_cast<const char*>(&element), sizeof element);
    hyperloglog::raise_dense(dense.data() + hyperloglog::kHeaderBytes, hyperloglog::observe(bytes));
    if (i != checkpoint) continue;
    const auto wanted = static_cast<double>(i);
    const auto counted = static_cast<double>(*hyperloglog::count(dense));
    const double allowed = std::max(6 * kStandardError * wanted, 1.0);
    if (counted < wanted - allowed || counted > wanted + allowed) return false;
    checkpoint *= 10;
  }
  return true;
}

// Stops the reactor for some 50 ms, a tenth of what Redis' takes.
void pfselftest(Call& call) {
  if (!test_registers()) return call.error("ERR TESTFAILED registers");
  if (!test_estimate()) return call.error("ERR TESTFAILED too big error");
  call.reply.ok();
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"pfadd", -2, kWrite | kDenyOom | kFast, kFirst, pfadd, "2.8.9",
     "Adds elements to a HyperLogLog, making it when absent."},
    {"pfcount", -2, kReadonly | kMayReplicate, kAll, pfcount, "2.8.9",
     "Estimates how many distinct elements were added to HyperLogLogs together."},
    {"pfdebug", 3, kWrite | kDenyOom | kAdmin, kSecond, pfdebug, "2.8.9",
     "Shows a HyperLogLog's registers."},
    {"pfmerge", -2, kWrite | kDenyOom, kAll, pfmerge, "2.8.9",
     "Sets a HyperLogLog to the union of itself and others."},
    {"pfselftest", 1, kAdmin, kNoKeys, pfselftest, "2.8.9",
     "Tests the registers and the estimate of HyperLogLogs."},
};

}  // namespace

const CommandGroup kHyperLogLog{"hyperloglog", kRows};

}  // namespace weir::redis::commands
