#include "tests/compat/clients/hiredis/hiredis_fixture.h"

#include <sys/time.h>

#include <cstdlib>

namespace weir::redis {
namespace {

const char* external_port() { return std::getenv("REDIS_PORT"); }

}  // namespace

std::string text(const redisReply* reply) {
  if (reply == nullptr) return "no reply";
  const std::string bytes(reply->str == nullptr ? "" : reply->str, reply->len);
  switch (reply->type) {
    case REDIS_REPLY_STATUS:
      return "+" + bytes;
    case REDIS_REPLY_ERROR:
      return "-" + bytes;
    case REDIS_REPLY_INTEGER:
      return ":" + std::to_string(reply->integer);
    case REDIS_REPLY_STRING:
      return "'" + bytes + "'";
    case REDIS_REPLY_NIL:
      return "nil";
    default:
      break;
  }
  std::string all;
  for (std::size_t i = 0; i < reply->elements; ++i) {
    all += (i == 0 ? "" : ", ") + text(reply->element[i]);
  }
  return "[" + all + "]";
}

HiredisTest::HiredisTest() {
  if (const char* external = external_port()) {
    port_ = static_cast<std::uint16_t>(std::atoi(external));
  } else {
    port_ = server_.emplace(GetParam()).port();
  }
  client_ = connect();
  EXPECT_EQ(command("FLUSHALL"), "+OK");
}

ContextPointer HiredisTest::connect() const {
  const timeval deadline{20, 0};
  ContextPointer context(redisConnectWithTimeout("127.0.0.1", port_, deadline));
  EXPECT_EQ(context->err, 0) << context->errstr;
  EXPECT_EQ(redisSetTimeout(context.get(), deadline), REDIS_OK);
  return context;
}

std::string HiredisTest::read(redisContext& context) {
  void* reply = nullptr;
  if (redisGetReply(&context, &reply) != REDIS_OK) return std::string("closed: ") + context.errstr;
  return text(ReplyPointer(static_cast<redisReply*>(reply)).get());
}

void HiredisTest::wait_for_blocked(int count) {
  const std::string line = "blocked_clients:" + std::to_string(count) + "\r\n";
  EXPECT_TRUE(eventually([&] { return command("INFO clients").find(line) != std::string::npos; }));
}

std::vector<Setup> hiredis_setups() {
  return external_port() == nullptr ? all_setups() : std::vector<Setup>{Setup{}};
}

std::string hiredis_setup_name(const testing::TestParamInfo<Setup>& info) {
  return external_port() == nullptr ? setup_name(info.param) : "external";
}

}  // namespace weir::redis
