// What the server refuses before it listens, in sentences that say what to do.
#include <gtest/gtest.h>

#include "core/engine.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/config.h"
#include "servers/redis/server.h"
#include "servers/redis/service.h"

namespace weir::redis {
namespace {

TEST(StartTest, RefusesAModelWithoutSharedMemory) {
  Options options;
  options.model = ThreadingModel::kPrefork;
  options.threads = 2;
  options.handle_signals = false;
  Engine engine(options);
  Config config;
  Server server(engine, config, commands::all_groups());
  EXPECT_EQ(start(server).message(),
            "model prefork: each of its processes would have keys of its own; choose single, "
            "io_threads, handoff, reuseport or exclusive, whose threads share them");
  EXPECT_TRUE(engine.addresses().empty());
}

}  // namespace
}  // namespace weir::redis
