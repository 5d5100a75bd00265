// Every recorded conversation under every threading model, with both back ends, in both protocols.
#include "tests/redis/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <tuple>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

constexpr char kFolder[] = "tests/redis/transcripts";

std::vector<std::string> transcript_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Parameter = std::tuple<Setup, std::string, int>;

class TranscriptTest : public testing::TestWithParam<Parameter> {};

TEST_P(TranscriptTest, Replies) {
  const auto& [setup, name, protocol] = GetParam();
  const std::string path = std::string(kFolder) + "/" + name + ".txt";
  const auto steps = read_transcript(path);
  ASSERT_TRUE(steps.is_ok()) << steps.status().message();
  const RedisServer server(setup);
  std::map<std::string, RedisClient> clients;
  for (const TranscriptStep& step : steps.value()) {
    const bool always_resp2 = std::isupper(static_cast<unsigned char>(step.client.front())) != 0;
    RedisClient& client =
        clients.try_emplace(step.client, server.port(), always_resp2 ? 2 : protocol).first->second;
    client.send(step.bytes);
    if (step.ends_sending) client.finish_sending();
    if (!step.reads) continue;
    const std::string& expected = step.replies[protocol - 2];
    const std::string reply = client.read();
    ASSERT_NE(reply, "timeout") << path << ":" << step.line;
    EXPECT_TRUE(reply == expected || expected == "...")
        << path << ":" << step.line << ": " << reply << "\nrecorded: " << expected;
  }
}

std::string parameter_name(const testing::TestParamInfo<Parameter>& parameter) {
  const auto& [setup, name, protocol] = parameter.param;
  return setup_name(setup) + "_" + name + "_resp" + std::to_string(protocol);
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest,
                         testing::Combine(testing::ValuesIn(each_model_once()),
                                          testing::ValuesIn(transcript_names()),
                                          testing::Values(2, 3)),
                         parameter_name);

}  // namespace
}  // namespace weir::redis
