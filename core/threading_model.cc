#include "core/threading_model.h"

#include <array>

#include "core/flags.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"single",    "handoff",    "reuseport",
                                                    "exclusive", "io_threads", "prefork"};

Accepting accepting_by(PreforkAccept prefork, bool own_sockets_possible) {
  switch (prefork) {
    case PreforkAccept::kMutex:
      return Accepting::kTurns;
    case PreforkAccept::kReuseport:
      if (own_sockets_possible) return Accepting::kOwnSockets;
      [[fallthrough]];
    case PreforkAccept::kExclusive:
      return Accepting::kSharedSocket;
  }
  WEIR_CHECK(false);
}

}  // namespace

std::string_view threading_model_name(ThreadingModel model) {
  return kNames[static_cast<std::size_t>(model)];
}

Result<ThreadingModel> parse_threading_model(std::string_view name) {
  const Result<std::size_t> index = parse_choice(name, kNames);
  if (!index.is_ok()) return index.status();
  return static_cast<ThreadingModel>(index.value());
}

Placement place(ThreadingModel model, std::uint32_t threads) {
  switch (model) {
    case ThreadingModel::kSingle:
      return {1, 0, 1, 1};
    case ThreadingModel::kHandoff:
      return {1 + threads, 1, 1, 1};
    case ThreadingModel::kReuseport:
    case ThreadingModel::kExclusive:
      return {threads, 0, 1, 1};
    case ThreadingModel::kIoThreads:
      return {1, 0, threads, 1};
    case ThreadingModel::kPrefork:
      return {1, 0, 1, threads};
  }
  WEIR_CHECK(false);
}

Accepting accepting(ThreadingModel model, const Address& address, PreforkAccept prefork) {
  if (model == ThreadingModel::kPrefork) return accepting_by(prefork, address.is_ip());
  if (model == ThreadingModel::kExclusive) return Accepting::kSharedSocket;
  const bool own = model == ThreadingModel::kReuseport && address.is_ip();
  return own ? Accepting::kOwnSockets : Accepting::kReactor0;
}

bool handles_in_parallel(ThreadingModel model, std::uint32_t threads) {
  return place(model, threads).reactors > place(model, threads).first_worker + 1;
}

}  // namespace weir
