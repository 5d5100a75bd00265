#include "core/flags.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr std::string_view kModels[] = {"single", "handoff", "reuseport"};

// A server's command line with a flag of each kind.
class FlagSetTest : public testing::Test {
 protected:
  FlagSetTest() {
    flags_.add("model", "NAME", "threading model: single, handoff or reuseport",
               assign(model_, [](std::string_view text) { return parse_choice(text, kModels); }));
    flags_.add("threads", "N", "reactors",
               assign(threads_, [](std::string_view text) { return parse_uint(text, 1, 64); }));
    flags_.add("idle", "TIME", "idle timeout", assign(idle_ms_, parse_duration_ms));
    flags_.add_switch("edge", "edge-triggered epoll", [this](bool on) { edge_ = on; });
    flags_.add_list("save", "SECONDS CHANGES ...", "snapshot rule",
                    [this](std::span<const std::string_view> values) {
                      if (values.size() > 2) return Status::error("expected at most two values");
                      save_.emplace_back(values.begin(), values.end());
                      return Status::ok();
                    });
  }

  Status parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "server");
    return flags_.parse(static_cast<int>(arguments.size()), arguments.data());
  }

  std::string error_of(std::vector<const char*> arguments) {
    const Status status = parse(std::move(arguments));
    EXPECT_FALSE(status.is_ok());
    return status.message();
  }

  FlagSet flags_;
  size_t model_ = 0;
  uint32_t threads_ = 1;
  int64_t idle_ms_ = 0;
  bool edge_ = false;
  std::vector<std::vector<std::string>> save_;
};

TEST_F(FlagSetTest, TakesValuesAfterASpaceOrAnEqualsSign) {
  ASSERT_TRUE(parse({"--model", "handoff", "--threads=8", "--idle", "10s"}).is_ok());
  EXPECT_EQ(model_, 1U);
  EXPECT_EQ(threads_, 8U);
  EXPECT_EQ(idle_ms_, 10000);
  EXPECT_TRUE(flags_.positional().empty());
}

TEST_F(FlagSetTest, LeavesDefaultsAlone) {
  ASSERT_TRUE(parse({}).is_ok());
  EXPECT_TRUE(flags_.parse(0, nullptr).is_ok());
  EXPECT_EQ(threads_, 1U);
  EXPECT_FALSE(flags_.help_requested());
}

TEST_F(FlagSetTest, TheLastOfTwoWins) {
  ASSERT_TRUE(parse({"--threads", "2", "--threads", "3"}).is_ok());
  EXPECT_EQ(threads_, 3U);
}

TEST_F(FlagSetTest, SwitchesTakeNoFollowingValue) {
  ASSERT_TRUE(parse({"--edge", "file"}).is_ok());
  EXPECT_TRUE(edge_);
  EXPECT_EQ(flags_.positional(), std::vector<std::string>{"file"});
  ASSERT_TRUE(parse({"--edge=no"}).is_ok());
  EXPECT_FALSE(edge_);
  EXPECT_EQ(error_of({"--edge=maybe"}), "--edge maybe: expected yes or no");
}

TEST_F(FlagSetTest, ListsTakeAllUpToTheNextFlag) {
  ASSERT_TRUE(parse({"--save", "900", "1", "--save", "", "--save", "--threads", "2"}).is_ok());
  ASSERT_EQ(save_.size(), 3U);
  EXPECT_EQ(save_[0], (std::vector<std::string>{"900", "1"}));
  EXPECT_EQ(save_[1], std::vector<std::string>{""});
  EXPECT_TRUE(save_[2].empty());
  EXPECT_EQ(threads_, 2U);
  ASSERT_TRUE(parse({"--save=900 1", "file"}).is_ok());
  EXPECT_EQ(save_[3], std::vector<std::string>{"900 1"});
  EXPECT_EQ(error_of({"--save", "1", "2", ""}), "--save 1 2 '': expected at most two values");
}

TEST_F(FlagSetTest, KeepsPositionalsInOrder) {
  ASSERT_TRUE(parse({"a.conf", "--threads", "2", "-", "b", "--", "--model", "-x"}).is_ok());
  EXPECT_EQ(flags_.positional(), (std::vector<std::string>{"a.conf", "-", "b", "--model", "-x"}));
}

TEST_F(FlagSetTest, ErrorsNameFlagValueAndWhatIsAccepted) {
  EXPECT_EQ(error_of({"--model", "foo"}), "--model foo: expected single, handoff or reuseport");
  EXPECT_EQ(error_of({"--model="}), "--model '': expected single, handoff or reuseport");
  EXPECT_EQ(error_of({"--threads", "65"}), "--threads 65: expected a whole number from 1 to 64");
  EXPECT_EQ(error_of({"--threads"}), "--threads: expected a value, N");
  EXPECT_EQ(error_of({"--threads", "--edge"}), "--threads: expected a value, N");
  EXPECT_EQ(error_of({"--threads", "-1"}), "--threads -1: expected a whole number from 1 to 64");
}

TEST_F(FlagSetTest, SuggestsTheNearestNameForAnUnknownFlag) {
  EXPECT_EQ(error_of({"--modle", "single"}), "unknown flag --modle: did you mean --model?");
  EXPECT_EQ(error_of({"--thread=2"}), "unknown flag --thread: did you mean --threads?");
  EXPECT_EQ(error_of({"--proxy-protocol"}), "unknown flag --proxy-protocol: see --help");
  EXPECT_EQ(error_of({"-p"}), "unknown argument -p: flags begin with two dashes; see --help");
}

TEST_F(FlagSetTest, AnErrorStoresNothing) {
  EXPECT_FALSE(parse({"--threads", "0"}).is_ok());
  EXPECT_EQ(threads_, 1U);
}

TEST_F(FlagSetTest, HelpEndsTheParse) {
  for (const char* flag : {"--help", "-h"}) {
    FlagSet flags;
    const char* arguments[] = {"server", flag, "--unknown"};
    EXPECT_TRUE(flags.parse(3, arguments).is_ok());
    EXPECT_TRUE(flags.help_requested());
  }
}

TEST_F(FlagSetTest, HelpAlignsItsColumns) {
  const std::string_view examples[] = {"server --threads 4"};
  EXPECT_EQ(flags_.help("server", examples),
            "usage: server [flags]\n"
            "\n"
            "flags:\n"
            "  --model NAME                threading model: single, handoff or reuseport\n"
            "  --threads N                 reactors\n"
            "  --idle TIME                 idle timeout\n"
            "  --edge                      edge-triggered epoll\n"
            "  --save SECONDS CHANGES ...  snapshot rule\n"
            "\n"
            "examples:\n"
            "  server --threads 4\n");
}

TEST_F(FlagSetTest, HelpWrapsAndMovesLongEntries) {
  FlagSet flags;
  std::string words = "word";
  for (int i = 0; i < 30; ++i) words += " word";
  flags.add("n", "N", words, [](std::string_view) { return Status::ok(); });
  flags.add("a-name-as-long-as-this-one", "AND-A-HINT", "short",
            [](std::string_view) { return Status::ok(); });
  const std::string text = flags.help("server");
  EXPECT_NE(text.find("  --n N  word word"), std::string::npos) << text;
  EXPECT_NE(text.find("word\n         word"), std::string::npos) << text;
  EXPECT_NE(text.find("AND-A-HINT\n         short\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("examples"), std::string::npos);
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != text.npos; start = end + 1) {
    EXPECT_LE(end - start, 100U);
  }
}

TEST(FlagValueTest, Uint) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(parse_uint("0", 0, kMax).value(), 0U);
  EXPECT_EQ(parse_uint("18446744073709551615", 0, kMax).value(), kMax);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(parse_uint(text, 0, kMax).is_ok()) << text;
  }
  EXPECT_FALSE(parse_uint("4", 5, 6).is_ok());
  EXPECT_FALSE(parse_uint("7", 5, 6).is_ok());
}

TEST(FlagValueTest, Bool) {
  for (const char* text : {"yes", "TRUE", "On", "1"}) EXPECT_TRUE(parse_bool(text).value());
  for (const char* text : {"no", "False", "off", "0"}) EXPECT_FALSE(parse_bool(text).value());
  EXPECT_FALSE(parse_bool("").is_ok());
}

TEST(FlagValueTest, Duration) {
  EXPECT_EQ(parse_duration_ms("0").value(), 0);
  EXPECT_EQ(parse_duration_ms("250ms").value(), 250);
  EXPECT_EQ(parse_duration_ms("10s").value(), 10'000);
  EXPECT_EQ(parse_duration_ms("5m").value(), 300'000);
  EXPECT_EQ(parse_duration_ms("2H").value(), 7'200'000);
  EXPECT_EQ(parse_duration_ms("9223372036854775807ms").value(),
            std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "10", "s", "-1s", "1.5s", "10 s", "9223372036854775808ms",
                           "9223372036854775807s", "10sec"}) {
    EXPECT_EQ(parse_duration_ms(text).status().message(),
              "expected a duration such as 250ms, 10s, 5m or 2h");
  }
}

TEST(FlagValueTest, BytesAsInRedisConf) {
  EXPECT_EQ(parse_bytes("0").value(), 0U);
  EXPECT_EQ(parse_bytes("100b").value(), 100U);
  EXPECT_EQ(parse_bytes("64k").value(), 64'000U);
  EXPECT_EQ(parse_bytes("64kb").value(), 65'536U);
  EXPECT_EQ(parse_bytes("1m").value(), 1'000'000U);
  EXPECT_EQ(parse_bytes("1MB").value(), 1'048'576U);
  EXPECT_EQ(parse_bytes("1g").value(), 1'000'000'000U);
  EXPECT_EQ(parse_bytes("1Gb").value(), 1'073'741'824U);
  for (const char* text : {"", "kb", "-1", "1tb", "1 mb", "1.5gb", "17179869184gb"}) {
    EXPECT_EQ(parse_bytes(text).status().message(),
              "expected a size such as 1000, 64kb, 100mb or 1gb");
  }
}

TEST(ProgramNameTest, IsTheFileAlone) {
  const char* const path[] = {"/usr/bin/server"};
  const char* const bare[] = {"server"};
  EXPECT_EQ(program_name(path), "server");
  EXPECT_EQ(program_name(bare), "server");
}

}  // namespace
}  // namespace weir
