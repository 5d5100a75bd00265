#include "base/check.h"
#include "core/epoll_backend.h"
#include "core/uring_backend.h"

namespace weir {

std::unique_ptr<Backend> make_backend(BackendKind kind, Sockets& sockets, std::size_t read_budget) {
  WEIR_CHECK(kind != BackendKind::kAuto);
  if (kind == BackendKind::kUring) return std::make_unique<UringBackend>(sockets, read_budget);
  return std::make_unique<EpollBackend>(sockets, kind == BackendKind::kEpollEdge, read_budget);
}

}  // namespace weir
