// The sources of one reactor: adds them to its backend, and keeps a removed one to the end of the
// tick, as an event of the same batch may name it.
//
// Owner's thread only, or before the reactor runs.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "core/backend.h"
#include "core/source.h"

namespace weir {

class SourceTable {
 public:
  // `backend` outlives it.
  explicit SourceTable(Backend& backend) : backend_(backend) {}
  SourceTable(const SourceTable&) = delete;
  SourceTable& operator=(const SourceTable&) = delete;

  // For what `interest` says. The descriptor stays the caller's, open until remove().
  Result<Source*> add(int fd, Interest interest, Source::OnReady on_ready);
  // One that others watch too: the kernel wakes one of them. For reading, and not to be changed.
  Result<Source*> add_shared(int fd, Source::OnReady on_ready);
  // A listening socket: ready when accept() has somebody.
  Result<Source*> add_listening(int fd, bool shared, Source::OnReady on_ready);
  void set_interest(Source& source, Interest interest) {
    backend_.set_interest(source.channel, interest);
  }
  // Neither allocates. Watched again, a shared one is the last in line.
  void pause(Source& source) { backend_.remove(source.channel); }
  Status resume(Source& source) { return backend_.add(source.channel); }
  // Not called again from here on. Allocates nothing.
  void remove(Source& source);
  // The tick has ended.
  void forget_removed() { removed_.clear(); }

 private:
  Result<Source*> watch(int fd, const Channel& how, Source::OnReady on_ready);

  Backend& backend_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Source>> removed_;
};

}  // namespace weir
