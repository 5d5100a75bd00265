// EncodingLimits: up to which size a collection keeps its compact encoding. Names and values are
// the configuration parameters of Redis 7.0 and their defaults (in bytes where a name says value,
// bytes or a negative list size, else in elements). A plain value: copy it as you like. Mutators
// that may convert a collection take it as their last argument; no collection converts back.
#pragma once

#include <cstddef>

namespace weir::redis {

struct EncodingLimits {
  size_t hash_max_listpack_entries = 512;
  size_t hash_max_listpack_value = 64;
  size_t zset_max_listpack_entries = 128;
  size_t zset_max_listpack_value = 64;
  size_t set_max_intset_entries = 512;
  int list_max_listpack_size = -2;  // -1 to -5: nodes of 4 to 64 KiB; above 0: elements of a node
  size_t stream_node_max_bytes = 4096;
  size_t stream_node_max_entries = 100;
  size_t hll_sparse_max_bytes = 3000;  // of the whole string
};

}  // namespace weir::redis
