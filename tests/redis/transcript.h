// Conversations with a Redis server, recorded from redis-server 7.0.15 by record_transcripts.py and
// held against ours.
//
//   # a comment
//   a> SET k "a b"        client a sends a command; words as in an inline command, "\xff" and all
//     | +OK               the reply, as RedisClient::read() has it
//   a> GET absent
//     2| $-1              in RESP2
//     3| _                in RESP3
//   a>> PING              sends without reading
//   a! "*1\r\n$4\r\n"     sends these bytes
//   a.                    ends its sending
//   a<                    reads a reply
//     | +PONG
//   a> CLIENT ID
//     | ...               any reply
//
// A client comes into being with its first line, in the protocol of the run; in RESP2 always where
// its name is in capitals. Values: any thread.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace weir::redis {

struct TranscriptStep {
  int line = 0;
  std::string client;
  std::string bytes;  // to send
  bool ends_sending = false;
  bool reads = false;
  // What is to be read in RESP2 and in RESP3; "..." is anything.
  std::string replies[2];
};

// The error names the line.
Result<std::vector<TranscriptStep>> read_transcript(const std::string& path);

}  // namespace weir::redis
