// What several stream commands read and reply alike: ids and entries.
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {

// Reads "ms-seq", or "ms" with a default sequence number; false, with the error replied, when
// `text` is no id.
inline bool read_stream_id(Call& call, std::string_view text, std::uint64_t missing_seq,
                           StreamId& id) {
  const auto parsed = StreamId::parse(text, missing_seq);
  if (!parsed) {
    call.error("ERR Invalid stream ID specified as stream command argument");
    return false;
  }
  id = *parsed;
  return true;
}

// The same, or "-" or "+" for the lowest and the highest id.
inline bool read_stream_id_or_end(Call& call, std::string_view text, std::uint64_t missing_seq,
                                  StreamId& id) {
  if (text == "-") return id = StreamId{}, true;
  if (text == "+") return id = StreamId::max(), true;
  return read_stream_id(call, text, missing_seq, id);
}

// Arguments from `first` on, all of them ids. False, with the error replied.
inline bool read_stream_ids(Call& call, std::size_t first, std::vector<StreamId>& ids) {
  ids.resize(call.size() - first);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!read_stream_id(call, call.argument(first + i), 0, ids[i])) return false;
  }
  return true;
}

template <class Writer>
void reply_stream_id(Writer& reply, StreamId id) {
  StreamIdText text;
  reply.bulk(text.format(id));
}

// An entry: its id, and a flat array of fields and values.
template <class Writer>
void reply_stream_entry(Writer& reply, const StreamEntry& entry) {
  reply.array(2);
  reply_stream_id(reply, entry.id());
  reply.array(2 * entry.field_count());
  entry.for_each([&reply](std::string_view field, std::string_view value) {
    reply.bulk(field);
    reply.bulk(value);
  });
}

// An array of the entries that Stream::range() visits.
inline void reply_stream_entries(Call& call, const Stream& stream, StreamId first, StreamId last,
                                 Direction direction, std::size_t count) {
  CollectedElements entries(call.reply.protocol());
  stream.range(first, last, direction, count,
               [&entries](const StreamEntry& entry) { reply_stream_entry(entries.next(), entry); });
  call.reply.array(entries.count());
  call.reply.raw(entries.bytes());
}

}  // namespace weir::redis::commands
