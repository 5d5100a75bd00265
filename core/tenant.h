// What lives on a reactor beside its connections and has something to finish when it stops: the
// endpoints of datagrams.
//
// Made known by Reactor::add_tenant(). The reactor's thread only.
#pragma once

namespace weir {

class Tenant {
 public:
  virtual ~Tenant() = default;

  // The reactor stops: take nothing new, finish what is there.
  virtual void begin_stop() = 0;
  // Nothing is left to be sent. Asked between ticks until the drain deadline.
  virtual bool has_drained() const = 0;
  // The last call: the reactor ends, drained or not.
  virtual void end_stop() = 0;
};

}  // namespace weir
