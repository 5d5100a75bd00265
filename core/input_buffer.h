// The unread input of one connection: contiguous, so that a decoder sees one view.
//
//   lend(bytes)                      the reactor's receive buffer, shared by all its connections
//   |-- consumed --|---- unread ----|
//                  keep()            copies what is left into storage of the connection's own
//
// A connection that consumes all it was lent never copies and never allocates; one without unread
// input holds no storage. Views of unread() live until consume() passes them or the next lend().
// Owner's thread only.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace weir {

class InputBuffer {
 public:
  std::string_view unread() const { return unread_; }
  bool empty() const { return unread_.empty(); }

  // REQUIRES: n <= unread().size().
  void consume(std::size_t n);
  void consume_all() { consume(unread_.size()); }

  // Adds `bytes` behind the unread input; they must stay readable until keep(). A std::bad_alloc
  // leaves the buffer as it was.
  void lend(std::string_view bytes);
  // Copies what is still unread of the lent bytes; frees the storage when nothing is. A
  // std::bad_alloc leaves the buffer empty.
  void keep();

  // Bytes of storage held.
  std::size_t capacity() const { return own_.capacity(); }

 private:
  std::string_view unread_;
  std::vector<char> own_;  // unread_ points into it, or into lent bytes while own_ is empty
};

}  // namespace weir
