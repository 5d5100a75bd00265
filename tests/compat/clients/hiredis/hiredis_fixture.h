// What every test of hiredis stands on: an empty server, and a client of it.
//
// The server runs in the test's process, under each threading model; where REDIS_PORT is set it is
// whatever listens there, once. A reply is compared as a text: "+OK", ":1", "-ERR ...", "nil",
// "'a string'", "['a', :1]". Thread rule: the test's thread.
#pragma once

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {

std::string text(const redisReply* reply);

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};
using ReplyPointer = std::unique_ptr<redisReply, FreeReply>;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using ContextPointer = std::unique_ptr<redisContext, FreeContext>;

class HiredisTest : public testing::TestWithParam<Setup> {
 protected:
  HiredisTest();

  ContextPointer connect() const;
  std::uint16_t port() const { return port_; }

  // The next reply; "closed: " and hiredis' error when there is none.
  static std::string read(redisContext& context);
  // What `client_` replies, or another.
  template <class... Values>
  std::string command(const char* format, Values... values) {
    return command(*client_, format, values...);
  }
  template <class... Values>
  static std::string command(redisContext& context, const char* format, Values... values) {
    redisAppendCommand(&context, format, values...);
    return read(context);
  }
  // Until `count` clients wait in a blocking command.
  void wait_for_blocked(int count);

  ContextPointer client_;

 private:
  std::optional<RedisServer> server_;
  std::uint16_t port_ = 0;
};

// What HiredisTest is instantiated with, and how each is called.
std::vector<Setup> hiredis_setups();
std::string hiredis_setup_name(const testing::TestParamInfo<Setup>& info);

}  // namespace weir::redis
