// The search itself: histories that are legal though they look strange, and wrong ones of every
// kind that a server might produce.
#include "tests/redis/linearizability/linearization.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace weir::redis {
namespace {

constexpr std::uint64_t kLong = 1000;

Words split(const std::string& text) {
  std::istringstream words(text);
  Words split;
  for (std::string word; words >> word;) split.push_back(word);
  return split;
}

// Commands with "; " between them are a transaction.
Operation at(std::uint64_t start, std::uint64_t end, std::string text, std::string reply) {
  Operation operation{.commands = {}, .reply = std::move(reply), .start = start, .end = end};
  for (std::size_t cut = 0; (cut = text.find("; ")) != std::string::npos;) {
    operation.commands.push_back(split(text.substr(0, cut)));
    text.erase(0, cut + 2);
  }
  operation.commands.push_back(split(text));
  operation.is_transaction = operation.commands.size() > 1;
  return operation;
}

Verdict verdict(const History& history, Locking locking = Locking::kWhole) {
  return judge(history, locking).verdict;
}

void expect_legal(const History& history) {
  for (const Locking locking : {Locking::kWhole, Locking::kByKey}) {
    const Judgement judgement = judge(history, locking);
    EXPECT_EQ(judgement.verdict, Verdict::kLegal) << history_text(history) << judgement.explanation;
  }
}

void expect_illegal(const History& history) {
  for (const Locking locking : {Locking::kWhole, Locking::kByKey}) {
    EXPECT_EQ(verdict(history, locking), Verdict::kIllegal) << history_text(history);
  }
}

TEST(LinearizationTest, NothingIsLegal) {
  expect_legal({});
  expect_legal({{}, {}});
}

TEST(LinearizationTest, OverlappingOperationsComeInAnyOrder) {
  const Operation set = at(0, 9, "SET k 1", "+OK");
  expect_legal({{set}, {at(1, 8, "GET k", "$-1")}});
  expect_legal({{set}, {at(1, 8, "GET k", "$1 1")}});
  expect_legal({{set}, {at(1, 4, "GET k", "$-1"), at(5, 8, "GET k", "$1 1")}});
}

TEST(LinearizationTest, AStaleRead) {
  expect_illegal({{at(0, 1, "SET k 1", "+OK")}, {at(2, 3, "GET k", "$-1")}});
  // Once seen it stays.
  expect_illegal(
      {{at(0, 9, "SET k 1", "+OK")}, {at(1, 4, "GET k", "$1 1")}, {at(5, 8, "GET k", "$-1")}});
}

TEST(LinearizationTest, AValueThatNobodyWrote) {
  expect_illegal({{at(0, 9, "SET k 1", "+OK")}, {at(1, 8, "GET k", "$1 2")}});
}

TEST(LinearizationTest, ALostUpdate) {
  expect_legal({{at(0, 5, "INCR k", ":2")}, {at(1, 4, "INCR k", ":1")}});
  expect_illegal({{at(0, 5, "INCR k", ":1")}, {at(1, 4, "INCR k", ":1")}});
  expect_illegal({{at(0, 5, "APPEND k a", ":1")},
                  {at(1, 4, "APPEND k b", ":2")},
                  {at(6, 7, "GET k", "$1 b")}});
}

// A client's own operations take effect in order, even if it sends them at once.
TEST(LinearizationTest, APipelineOutOfOrder) {
  expect_illegal({{at(0, 5, "GET k", "$1 1"), at(1, 6, "SET k 1", "+OK")}});
  expect_illegal({{at(0, 10, "SET a 1", "+OK"), at(1, 11, "SET b 1", "+OK")},
                  {at(2, 12, "GET b", "$1 1"), at(3, 13, "GET a", "$-1")}});
}

TEST(LinearizationTest, ADoublePop) {
  const Operation push = at(0, 1, "RPUSH q 1", ":1");
  expect_legal({{push}, {at(2, 5, "RPOP q", "$1 1")}, {at(3, 6, "LPOP q", "$-1")}});
  expect_illegal({{push}, {at(2, 5, "RPOP q", "$1 1")}, {at(3, 6, "LPOP q", "$1 1")}});
  expect_illegal({{push}, {at(2, 5, "RPOP q", "$1 1")}, {at(3, 6, "LMOVE q r LEFT LEFT", "$1 1")}});
}

TEST(LinearizationTest, ALostElement) {
  expect_illegal({{at(0, 1, "RPUSH q 1", ":1")},
                  {at(2, 5, "LMOVE q r LEFT LEFT", "$1 1")},
                  {at(6, 7, "LLEN r", ":0")}});
}

TEST(LinearizationTest, HalfOfAnMset) {
  const Operation mset = at(0, 9, "MSET a 1 b 1", "+OK");
  expect_legal({{mset}, {at(1, 8, "MGET a b", "*2 $1 1 $1 1")}});
  expect_illegal({{mset}, {at(1, 8, "MGET a b", "*2 $1 1 $-1")}});
  expect_illegal({{mset}, {at(1, 8, "MGET a b", "*2 $-1 $1 1")}});
}

TEST(LinearizationTest, AKeyUnderTwoNames) {
  const Operation set = at(0, 1, "SET a 1", "+OK");
  const Operation rename = at(2, 9, "RENAME a b", "+OK");
  expect_legal({{set, rename}, {at(3, 8, "EXISTS a b", ":1")}});
  expect_illegal({{set, rename}, {at(3, 8, "EXISTS a b", ":2")}});
  expect_illegal({{set, rename}, {at(3, 8, "EXISTS a b", ":0")}});
}

TEST(LinearizationTest, AMemberOfTwoSets) {
  const Operation add = at(0, 1, "SADD a m", ":1");
  const Operation move = at(2, 9, "SMOVE a b m", ":1");
  expect_illegal({{add, move}, {at(3, 8, "SISMEMBER a m; SISMEMBER b m", "*2 :1 :1")}});
  expect_illegal({{add, move}, {at(3, 8, "SMOVE a b m", ":1")}});
}

TEST(LinearizationTest, ASwapSeenHalf) {
  const History legal = {{at(0, 1, "MSET a 1 b 1", "+OK"), at(2, 9, "SWAPDB 0 1", "+OK")},
                         {at(3, 8, "MGET a b", "*2 $-1 $-1")}};
  expect_legal(legal);
  History half = legal;
  half[1][0].reply = "*2 $1 1 $-1";
  expect_illegal(half);
}

TEST(LinearizationTest, ATornTransaction) {
  const Operation twice = at(0, 9, "INCR a; INCR b", "*2 :1 :1");
  expect_legal({{twice}, {at(1, 8, "MGET a b", "*2 $1 1 $1 1")}});
  expect_illegal({{twice}, {at(1, 8, "MGET a b", "*2 $1 1 $-1")}});
  expect_illegal({{twice}, {at(1, 8, "INCR a; INCR b", "*2 :2 :1")}});
  expect_illegal({{twice}, {at(1, 2, "GET a", "$1 1"), at(3, 4, "GET b", "$-1")}});
}

TEST(LinearizationTest, AWatchThatFails) {
  const std::vector<Operation> watches = {at(0, 1, "WATCH k", "+OK"), at(2, 3, "GET k", "$-1"),
                                          at(8, 9, "SET k 1; GET k", "*-1")};
  expect_legal({watches, {at(4, 5, "SET k 2", "+OK")}});
  expect_legal({watches, {at(4, 20, "SET k 2", "+OK")}});
  // Without a reason: nobody wrote, not this key, nothing, too early, too late.
  expect_illegal({watches});
  expect_illegal({watches, {at(4, 5, "SET l 2", "+OK")}});
  expect_illegal({watches, {at(4, 5, "DEL k", ":0")}});
  expect_illegal({{at(2, 3, "WATCH k", "+OK"), at(8, 9, "SET k 1; GET k", "*-1")},
                  {at(0, 1, "SET k 2", "+OK")}});
  expect_illegal({watches, {at(10, 11, "SET k 2", "+OK")}});
}

TEST(LinearizationTest, AWatchThatMissesAChange) {
  const std::vector<Operation> watches = {at(0, 1, "WATCH k", "+OK"), at(2, 3, "GET k", "$-1"),
                                          at(8, 9, "SET k 1; INCR l", "*2 +OK :1")};
  expect_legal({watches, {at(4, 20, "SET k 2", "+OK")}});
  expect_illegal({watches, {at(4, 5, "SET k 2", "+OK")}});
  expect_illegal({watches, {at(4, 5, "SET k 2", "+OK"), at(6, 7, "DEL k", ":1")}});
}

TEST(LinearizationTest, AWaitIsServedWhenItIsWrittenFor) {
  const Operation wait = at(0, kLong, "BLPOP q 1", "*2 $1 q $1 1");
  expect_legal({{wait}, {at(5, 6, "RPUSH q 1", ":1"), at(7, 8, "LLEN q", ":0")}});
  // It may come late to its wait.
  expect_legal({{wait}, {at(5, 6, "RPUSH q 1", ":1"), at(7, 8, "LLEN q", ":1")}});
  expect_illegal({{wait}, {at(5, 6, "RPUSH q 1", ":1"), at(7, 8, "RPOP q", "$1 1")}});
  expect_illegal({{at(0, 4, "BLPOP q 1", "*2 $1 q $1 1")}, {at(5, 6, "RPUSH q 1", ":1")}});
}

TEST(LinearizationTest, AWaitThatFindsNothing) {
  const Operation wait = at(2, 9, "BLPOP q 1", "*-1");
  expect_legal({{wait}});
  // Before it waits, after it, or away again within a transaction.
  expect_legal({{wait}, {at(3, 4, "RPUSH q 1", ":1"), at(5, 6, "RPOP q", "$1 1")}});
  expect_legal({{wait}, {at(3, 8, "RPUSH q 1", ":1"), at(10, 11, "LLEN q", ":1")}});
  expect_legal({{wait}, {at(3, 4, "RPUSH q 1; DEL q", "*2 :1 :1")}});
  // It was there all the time.
  expect_illegal({{wait}, {at(0, 1, "RPUSH q 1", ":1"), at(10, 11, "LLEN q", ":1")}});
}

// The key that was written first is taken, not the one that is named first.
TEST(LinearizationTest, AWaitForTwoKeys) {
  const std::vector<Operation> pushes = {at(2, 3, "RPUSH b 1; RPUSH a 2", "*2 :1 :1")};
  expect_legal({{at(0, 20, "BLPOP a b 1", "*2 $1 b $1 1")}, pushes});
  expect_legal({{at(0, 20, "BLPOP a b 1", "*2 $1 a $1 2")}, pushes});
  // It came when both were there.
  expect_illegal({{at(4, 20, "BLPOP a b 1", "*2 $1 b $1 1")}, pushes});
}

// It waits until it is served, by nobody but the first who could.
TEST(LinearizationTest, AWaitThatIsPassedOver) {
  const std::vector<Operation> waits = {at(0, 6, "BLPOP a b 1", "*2 $1 b $1 2")};
  expect_legal(
      {waits,
       {at(1, 2, "RPUSH a 1", ":1"), at(3, 4, "RPUSH b 2", ":1"), at(5, 7, "RPOP a", "$1 1")}});
  expect_illegal(
      {waits,
       {at(1, 2, "RPUSH a 1", ":1"), at(3, 4, "RPUSH b 2", ":1"), at(7, 8, "RPOP a", "$1 1")}});
}

TEST(LinearizationTest, AnElementServedTwice) {
  expect_illegal({{at(0, 20, "BLPOP q 1", "*2 $1 q $1 1")},
                  {at(1, 21, "BRPOP q 1", "*2 $1 q $1 1")},
                  {at(2, 3, "RPUSH q 1", ":1")}});
}

// The client behind a BLMOVE whose target is not locked waits on, and so may be served from another
// key though there is something for it here. Where one lock guards everything it may not.
TEST(LinearizationTest, AMoveThatNeedsAnotherLock) {
  const History history = {{at(0, 20, "BLMOVE a c LEFT LEFT 1", "$1 1")},
                           {at(1, 21, "BLPOP a b 1", "*2 $1 b $1 3")},
                           {at(2, 10, "RPUSH a 1 2", ":2")},
                           {at(3, 4, "RPUSH b 3", ":1"), at(11, 12, "LRANGE a 0 -1", "*1 $1 2")},
                           {at(5, 6, "LRANGE a 0 -1", "*2 $1 1 $1 2"), at(7, 8, "LLEN b", ":0")}};
  EXPECT_EQ(verdict(history, Locking::kByKey), Verdict::kLegal);
  History later = history;
  later[3][0].start = 7;
  later[3][0].end = 8;
  later[4][1] = at(9, 10, "LLEN b", ":0");
  EXPECT_EQ(verdict(later, Locking::kWhole), Verdict::kIllegal);
  EXPECT_EQ(verdict(later, Locking::kByKey), Verdict::kLegal);
}

TEST(LinearizationTest, MovesPassOn) {
  expect_legal({{at(0, 20, "BLMOVE a b LEFT LEFT 1", "$1 1")},
                {at(1, 21, "BLMOVE b c LEFT LEFT 1", "$1 1")},
                {at(2, 22, "BLPOP c 1", "*2 $1 c $1 1")},
                {at(3, 4, "RPUSH a 1", ":1"), at(5, 6, "EXISTS a b c", ":0")}});
  expect_illegal({{at(0, 20, "BLMOVE a b LEFT LEFT 1", "$1 1")},
                  {at(1, 21, "BLPOP b 1", "*-1")},
                  {at(3, 4, "RPUSH a 1", ":1")},
                  {at(30, 31, "LLEN b", ":0")}});
}

TEST(LinearizationTest, AFailureIsExplained) {
  const History history = {{at(0, 1, "SET k 1", "+OK")}, {at(2, 3, "GET k", "$-1")}};
  const Judgement judgement = judge(history, Locking::kWhole);
  EXPECT_EQ(judgement.explanation,
            "The longest order that fits:\n"
            "client 0 SET k 1  ->  +OK\n"
            "leads to 0k=1;, where no step fits:\n"
            "client 1 GET k  ->  $1 1, but client 1 got $-1\n");
  EXPECT_EQ(history_text(history),
            "   0 to    1  client 0 db 0  SET k 1  ->  +OK\n"
            "   2 to    3  client 1 db 0  GET k  ->  $-1\n");
}

// Everything overlaps: 6^8 ways to have begun, times the values there may be then.
TEST(LinearizationTest, GivesUpInTheEnd) {
  History history(8);
  for (std::size_t client = 0; client < history.size(); ++client) {
    for (std::size_t i = 0; i < 5; ++i) {
      const std::string value = std::to_string(10 * client + i);
      history[client].push_back(at(i, kLong + i, "SET k " + value, "+OK"));
    }
  }
  expect_legal(history);
  history[7][4] = at(4, kLong + 4, "GET k", "$5 never");
  const Judgement judgement = judge(history, Locking::kWhole);
  EXPECT_EQ(judgement.verdict, Verdict::kUndecided);
  EXPECT_EQ(judgement.states, kMaxStates);
}

}  // namespace
}  // namespace weir::redis
