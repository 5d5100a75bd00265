// An element of a list or listpack as a reply. Thread rule: the call's thread.
#pragma once

#include "servers/redis/call.h"
#include "servers/redis/types/listpack.h"

namespace weir::redis::commands {

// As a bulk string; an integer's digits are made in the reply itself.
inline void reply_element(Call& call, const Listpack::Element& element) {
  if (element.is_integer) {
    call.reply.bulk(element.integer);
  } else {
    call.reply.bulk(element.text);
  }
}

}  // namespace weir::redis::commands
