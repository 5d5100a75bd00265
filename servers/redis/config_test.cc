#include "servers/redis/config.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

namespace weir::redis {
namespace {

TEST(Config, DefaultsAreRedis) {
  const Config config;
  EXPECT_EQ(config.value("maxclients"), "10000");
  EXPECT_EQ(config.value("databases"), "16");
  EXPECT_EQ(config.value("proto-max-bulk-len"), "536870912");
  EXPECT_EQ(config.value("hash-max-listpack-entries"), "512");
  EXPECT_EQ(config.value("zset-max-listpack-entries"), "128");
  EXPECT_EQ(config.value("list-max-listpack-size"), "-2");
  EXPECT_EQ(config.value("appendonly"), "no");
  EXPECT_EQ(config.value("save"), "");
  EXPECT_EQ(config.value("protected-mode"), "yes");
  EXPECT_FALSE(config.default_user.must_authenticate());
}

TEST(Config, NumbersReachTheLiveValues) {
  Config config;
  EXPECT_TRUE(config.set("maxclients", "7").is_ok());
  EXPECT_EQ(config.max_clients.load(), 7U);
  EXPECT_TRUE(config.set("HASH-max-listpack-VALUE", "2kb").is_ok());
  EXPECT_EQ(config.limits.hash_max_listpack_value, 2048U);
  EXPECT_EQ(config.value("hash-max-listpack-value"), "2048");
  EXPECT_TRUE(config.set("list-max-listpack-size", "-5").is_ok());
  EXPECT_EQ(config.limits.list_max_listpack_size, -5);
  EXPECT_TRUE(config.set("protected-mode", "NO").is_ok());
  EXPECT_FALSE(config.protected_mode.load());
  EXPECT_EQ(config.value("protected-mode"), "no");
}

TEST(Config, BadValuesChangeNothing) {
  Config config;
  for (const std::string_view value : {"", "abc", "1.5", "-1", "0", "4294967296", "1kb", " 1"}) {
    EXPECT_FALSE(config.set("maxclients", value).is_ok()) << value;
  }
  EXPECT_EQ(config.max_clients.load(), 10000U);
  EXPECT_EQ(config.set("maxclients", "0").message(),
            "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(config.set("maxclients", "x").message(), "argument couldn't be parsed into an integer");
  for (const std::string_view value : {"abc", "-1", "1tb", "9223372036854775808"}) {
    EXPECT_EQ(config.set("hash-max-listpack-value", value).message(),
              "argument must be a memory value")
        << value;
  }
  EXPECT_EQ(config.set("protected-mode", "maybe").message(), "argument must be 'yes' or 'no'");
  EXPECT_FALSE(config.set("appendonly", "yes").is_ok());
  EXPECT_FALSE(config.set("nosuch", "1").is_ok());
}

TEST(Config, OldNamesAreOfTheSameParameter) {
  Config config;
  EXPECT_TRUE(config.set("zset-max-ziplist-entries", "9").is_ok());
  EXPECT_EQ(config.limits.zset_max_listpack_entries, 9U);
  EXPECT_EQ(config.value("zset-max-listpack-entries"), "9");
  EXPECT_TRUE(config.set("zset-max-listpack-entries", "10").is_ok());
  EXPECT_EQ(config.value("zset-max-ziplist-entries"), "10");
}

TEST(Config, GetTakesPatterns) {
  const Config config;
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(config.get("databases"), (Pairs{{"databases", "16"}}));
  EXPECT_EQ(config.get("DataBases"), (Pairs{{"DataBases", "16"}}));
  EXPECT_EQ(config.get("DATA*"), (Pairs{{"databases", "16"}}));
  EXPECT_EQ(config.get("max[cd]*s"), (Pairs{{"maxclients", "10000"}}));
  EXPECT_TRUE(config.get("nosuch").empty());
  EXPECT_TRUE(config.get("").empty());
  EXPECT_EQ(config.get("hash-max-*-entries").size(), 2U);
  EXPECT_GT(config.get("*").size(), 15U);
}

TEST(Config, WhatIsFixedIsImmutable) {
  Config config;
  config.set_fixed("port", "7000");
  EXPECT_EQ(config.value("port"), "7000");
  EXPECT_TRUE(config.is_immutable("PORT"));
  EXPECT_TRUE(config.is_immutable("databases"));
  EXPECT_FALSE(config.is_immutable("maxclients"));
  EXPECT_FALSE(config.is_immutable("nosuch"));
  EXPECT_EQ(config.name_of("PORT"), "port");
  EXPECT_EQ(config.name_of("nosuch"), "");
}

TEST(Config, ConstantsMayBeSetToWhatTheyAre) {
  Config config;
  config.set_constant("port", "7000");
  EXPECT_FALSE(config.is_immutable("port"));
  EXPECT_TRUE(config.set("port", "7000").is_ok());
  EXPECT_FALSE(config.set("port", "7001").is_ok());
  EXPECT_EQ(config.value("port"), "7000");
}

TEST(Config, Passwords) {
  Config config;
  EXPECT_TRUE(config.default_user.accepts(""));
  EXPECT_TRUE(config.set("requirepass", "secret").is_ok());
  EXPECT_TRUE(config.default_user.must_authenticate());
  EXPECT_TRUE(config.default_user.accepts("secret"));
  for (const std::string_view wrong : {"", "s", "secre", "secrets", "Secret", "secretsecret"}) {
    EXPECT_FALSE(config.default_user.accepts(wrong)) << wrong;
  }
  EXPECT_TRUE(config.set("requirepass", "").is_ok());
  EXPECT_FALSE(config.default_user.must_authenticate());
}

TEST(Config, FlagsAreTheParameters) {
  Config config;
  FlagSet flags;
  config.add_flags(flags);
  const char* const good[] = {
      "redis", "--maxclients", "5", "--save", "", "--hash-max-ziplist-value", "1kb"};
  EXPECT_TRUE(flags.parse(7, good).is_ok());
  EXPECT_EQ(config.max_clients.load(), 5U);
  EXPECT_EQ(config.limits.hash_max_listpack_value, 1024U);
  const char* const bad[] = {"redis", "--maxclients", "none"};
  EXPECT_NE(flags.parse(3, bad).message().find("maxclients"), std::string::npos);
  const char* const persistent[] = {"redis", "--save", "900", "1"};
  EXPECT_FALSE(flags.parse(4, persistent).is_ok());
}

TEST(Config, KeepsWhatHasNoEffect) {
  Config config;
  EXPECT_EQ(config.value("appendfsync"), "everysec");
  EXPECT_TRUE(config.set("appendfsync", "ALWAYS").is_ok());
  EXPECT_EQ(config.value("appendfsync"), "always");
  EXPECT_EQ(config.set("appendfsync", "x").message(),
            "argument(s) must be one of the following: everysec, always, no");
  EXPECT_TRUE(config.set("repl-backlog-size", "2mb").is_ok());
  EXPECT_EQ(config.value("repl-backlog-size"), "2097152");
  EXPECT_TRUE(config.set("masterauth", "a b").is_ok());
  EXPECT_EQ(config.value("masterauth"), "a b");
  EXPECT_TRUE(config.is_immutable("cluster-port"));
  EXPECT_FALSE(config.set("min-replicas-to-write", "1").is_ok()) << "nothing is replicated";
}

TEST(Config, OlderNamesAreTheSameParameter) {
  Config config;
  EXPECT_TRUE(config.set("slave-priority", "5").is_ok());
  EXPECT_EQ(config.value("replica-priority"), "5");
  EXPECT_TRUE(config.set("list-max-ziplist-size", "-3").is_ok());
  EXPECT_EQ(config.value("list-max-listpack-size"), "-3");
  EXPECT_TRUE(config.is_immutable("slaveof"));
}

TEST(Config, HidesWhatIsForTestsOfRedis) {
  const Config config;
  EXPECT_EQ(config.get("key-load-delay").size(), 1U);
  EXPECT_TRUE(config.get("key-load-*").empty());
}

TEST(Config, TheMemoryOfClientsMayBeAShare) {
  Config config;
  EXPECT_TRUE(config.set("maxmemory-clients", "1mb").is_ok());
  EXPECT_EQ(config.client_memory_limit(), 1'048'576U);
  EXPECT_TRUE(config.set("maxmemory-clients", "5%").is_ok());
  EXPECT_EQ(config.value("maxmemory-clients"), "5%");
  EXPECT_EQ(config.client_memory_limit(), 0U) << "of a maxmemory of 0";
  EXPECT_EQ(config.set("maxmemory-clients", "101%").message(),
            "percentage argument must be less or equal to 100");
  for (const char* value : {"x%", "-1%", "-1", "abc", "%"}) {
    EXPECT_EQ(config.set("maxmemory-clients", value).message(),
              "argument must be a memory or percent value");
  }
}

TEST(Config, AChecksErrorTakesTheValueBack) {
  Config config;
  config.add_check("maxclients", [&config] {
    return config.max_clients.load() > 100 ? Status::error("too many") : Status::ok();
  });
  EXPECT_TRUE(config.set("maxclients", "100").is_ok());
  EXPECT_EQ(config.set("maxclients", "101").message(), "too many");
  EXPECT_EQ(config.max_clients.load(), 100U);
}

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    char name[] = "/tmp/config_test.XXXXXX";
    const int fd = ::mkstemp(name);
    ::close(fd);
    path_ = name;
  }
  ~ConfigFile() override { ::unlink(path_.c_str()); }

  Result<std::vector<std::string>> read(const std::string& text) {
    std::ofstream(path_) << text;
    return Config::read_file(path_);
  }

  std::string path_;
};

TEST_F(ConfigFile, LinesBecomeFlags) {
  const auto words = read(
      "# a comment\n\n  port 7000\nsave 900 1\r\nrequirepass \"a \\\"b\\\"\"\n  # another\n"
      "bind 127.0.0.1 ::1");
  ASSERT_TRUE(words.is_ok());
  EXPECT_EQ(words.value(),
            (std::vector<std::string>{"--port", "7000", "--save", "900", "1", "--requirepass",
                                      "a \"b\"", "--bind", "127.0.0.1", "::1"}));
}

TEST_F(ConfigFile, ErrorsNameFileAndLine) {
  const auto words = read("port 1\nrequirepass \"open\n");
  ASSERT_FALSE(words.is_ok());
  EXPECT_EQ(words.status().message(), path_ + ":2: unbalanced quotes");
  const auto absent = Config::read_file(path_ + ".absent");
  ASSERT_FALSE(absent.is_ok());
  EXPECT_NE(absent.status().message().find(path_ + ".absent"), std::string::npos);
  EXPECT_EQ(Config::read_file("/tmp").status().message(),
            "cannot read the configuration file /tmp: Is a directory");
}

TEST_F(ConfigFile, IsRewritten) {
  Config config;
  EXPECT_EQ(config.rewrite_file().message(), "The server is running without a config file");
  std::ofstream(path_) << "# mine\nport 7000\ntimeout 3\nappendonly no\ndatabases 16\n"
                          "client-output-buffer-limit pubsub 1 2 3\n";
  config.set_file(path_);
  EXPECT_TRUE(config.set("timeout", "5").is_ok());
  EXPECT_TRUE(config.set("requirepass", "a b").is_ok());
  EXPECT_TRUE(config.rewrite_file().is_ok());
  std::string text;
  std::getline(std::ifstream(path_), text, '\0');
  EXPECT_EQ(text,
            "# mine\nport 7000\ntimeout 5\nappendonly no\ndatabases 16\n"
            "client-output-buffer-limit normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 "
            "8388608 60\n# Generated by CONFIG REWRITE\nrequirepass \"a b\"\n");
}

TEST(Config, AnyThreadMayAsk) {
  Config config;
  std::thread setter([&config] {
    for (int i = 1; i < 2000; ++i) {
      EXPECT_TRUE(config.set("maxclients", std::to_string(i)).is_ok());
      EXPECT_TRUE(config.set("requirepass", std::to_string(i)).is_ok());
    }
  });
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(config.get("maxclient*").size(), 1U);
    config.default_user.accepts("1999");
  }
  setter.join();
  EXPECT_TRUE(config.default_user.accepts("1999"));
}

}  // namespace
}  // namespace weir::redis
