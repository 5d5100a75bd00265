// What cannot be served is refused by one sentence that names what, which value and why, under
// every threading model, and leaves nothing open behind.
#include <stdlib.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/options.h"
#include "core/threading_model.h"
#include "gtest/gtest.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/hooked_session.h"

namespace weir {
namespace {

using fakes::open_descriptors;
using fakes::serve_echo;

class BadInputTest : public testing::TestWithParam<ThreadingModel> {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kWarning);
    ASSERT_NE(::mkdtemp(directory_), nullptr);
    before_ = open_descriptors();
  }
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), before_);
    EXPECT_EQ(::rmdir(directory_), 0);  // no socket's file is left in it
    set_log_level(LogLevel::kNotice);
  }

  Options options() const {
    Options options;
    options.model = GetParam();
    options.threads = 2;
    options.handle_signals = false;
    return options;
  }
  std::string path(const std::string& name) const { return directory_ + ("/" + name); }
  static std::string refusal(Engine& engine, const std::string& address) {
    return engine.listen(address, serve_echo()).status().message();
  }

  char directory_[24] = "/tmp/weir_bad_XXXXXX";
  std::size_t before_ = 0;
};

TEST_P(BadInputTest, TwoListenersOnOnePort) {
  Engine first(options());
  const Result<Address> bound = first.listen("tcp://127.0.0.1:0", serve_echo());
  ASSERT_TRUE(bound.is_ok()) << bound.status().message();
  const std::string address = bound.value().to_string();
  const std::string expected = "cannot bind " + address + ": Address already in use";
  EXPECT_EQ(refusal(first, address), expected);
  Engine second(options());
  EXPECT_EQ(refusal(second, address), expected);
}

TEST_P(BadInputTest, AUnixPathOfALiveServer) {
  Engine first(options());
  const std::string address = "unix:" + path("s");
  ASSERT_TRUE(first.listen(address, serve_echo()).is_ok());
  Engine second(options());
  EXPECT_EQ(refusal(second, address), "cannot bind " + address + ": Address already in use");
}

TEST_P(BadInputTest, AUnixPathThatIsTooLong) {
  Engine engine(options());
  const std::string address = "unix:" + path(std::string(120, 'x'));
  const std::string message = refusal(engine, address);
  EXPECT_TRUE(message.starts_with("address '" + address + "': ")) << message;
  EXPECT_NE(message.find("107"), std::string::npos) << message;
}

TEST_P(BadInputTest, AMissingInterface) {
  Options with = options();
  ASSERT_TRUE(with.sockets.set("device", "nosuch0").is_ok());
  Engine engine(with);
  const std::string message = refusal(engine, "tcp://127.0.0.1:0");
  EXPECT_TRUE(message.starts_with("cannot set the socket option device=nosuch0: ")) << message;
}

TEST_P(BadInputTest, AnAddressOfAnotherMachine) {
  Engine engine(options());
  EXPECT_EQ(refusal(engine, "tcp://192.0.2.1:7"),
            "cannot bind tcp://192.0.2.1:7: Cannot assign requested address");
}

TEST_P(BadInputTest, OptionsOutOfRange) {
  struct Case {
    std::function<void(Options&)> set;
    const char* message;
  };
  const std::vector<Case> cases = {
      {[](Options& o) { o.threads = 0; }, "threads 0: expected a number from 1 to 255"},
      {[](Options& o) { o.threads = 256; }, "threads 256: expected a number from 1 to 255"},
      {[](Options& o) { o.read_budget = 0; },
       "read_budget 0: expected a number from 1024 to 1073741824"},
      {[](Options& o) { o.idle_poll_us = 1'000'001; },
       "idle_poll_us 1000001: expected a number from 0 to 1000000"},
      {[](Options& o) { o.backlog = 0; }, "backlog 0: expected a number from 1 to 65535"},
      {[](Options& o) { o.keepalive_s = -1; }, "keepalive_s -1: expected a number from 0 to 32767"},
      {[](Options& o) { o.drain_ms = -1; }, "drain_ms -1: expected a number from 0 to 3600000"},
      {[](Options& o) { o.upgrade_drain_ms = 3'600'001; },
       "upgrade_drain_ms 3600001: expected a number from 0 to 3600000"},
      {[](Options& o) {
         o.cpus = {0, 1024};
       },
       "cpus 1024: expected a number from 0 to 1023"},
  };
  for (const Case& one : cases) {
    Options with = options();
    one.set(with);
    Engine engine(with);
    EXPECT_EQ(refusal(engine, "tcp://127.0.0.1:0"), one.message);
    EXPECT_EQ(engine.run(), 1);
    engine.stop();
    EXPECT_FALSE(engine.describe().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(, BadInputTest,
                         testing::Values(ThreadingModel::kSingle, ThreadingModel::kHandoff,
                                         ThreadingModel::kReuseport, ThreadingModel::kExclusive,
                                         ThreadingModel::kIoThreads, ThreadingModel::kPrefork),
                         [](const auto& test) {
                           return std::string(threading_model_name(test.param));
                         });

}  // namespace
}  // namespace weir
