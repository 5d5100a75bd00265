// What lives on a reactor beside its connections and has something to give up or to finish when it
// retires or stops: connects under way, endpoints of datagrams, coroutines.
//
// Made known by Reactor::add_tenant(). The reactor's thread only.
#pragma once

namespace weir {

class Tenant {
 public:
  virtual ~Tenant() = default;

  // The reactor retires, as a successor serves: leave to that one what is new.
  virtual void begin_retirement() {}
  // The reactor stops: take nothing new, finish what is there.
  virtual void begin_stop() = 0;
  // Nothing is left to be finished. Asked between ticks until the deadline.
  virtual bool has_drained() const { return true; }
  // The last call: the reactor ends, drained or not.
  virtual void end_stop() {}
};

}  // namespace weir
