#include "core/threading_model.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(ThreadingModelTest, NamesGoBothWays) {
  for (const ThreadingModel model :
       {ThreadingModel::kSingle, ThreadingModel::kHandoff, ThreadingModel::kReuseport,
        ThreadingModel::kExclusive, ThreadingModel::kIoThreads, ThreadingModel::kPrefork}) {
    Result<ThreadingModel> parsed = parse_threading_model(threading_model_name(model));
    ASSERT_TRUE(parsed.is_ok());
    EXPECT_EQ(*parsed, model);
  }
  EXPECT_EQ(parse_threading_model("Single").status().message(),
            "expected single, handoff, reuseport, exclusive, io_threads or prefork");
}

TEST(ThreadingModelTest, PlacesTheReactors) {
  const auto reactors = [](ThreadingModel model, std::uint32_t threads) {
    const Placement placement = place(model, threads);
    return std::pair(placement.reactors, placement.first_worker);
  };
  EXPECT_EQ(reactors(ThreadingModel::kSingle, 1), std::pair(1U, 0U));
  EXPECT_EQ(reactors(ThreadingModel::kSingle, 8), std::pair(1U, 0U));
  EXPECT_EQ(reactors(ThreadingModel::kHandoff, 1), std::pair(2U, 1U));
  EXPECT_EQ(reactors(ThreadingModel::kHandoff, 8), std::pair(9U, 1U));
  EXPECT_EQ(reactors(ThreadingModel::kReuseport, 1), std::pair(1U, 0U));
  EXPECT_EQ(reactors(ThreadingModel::kReuseport, 8), std::pair(8U, 0U));
  EXPECT_EQ(reactors(ThreadingModel::kExclusive, 8), std::pair(8U, 0U));
  EXPECT_EQ(reactors(ThreadingModel::kIoThreads, 8), std::pair(1U, 0U));
  EXPECT_EQ(place(ThreadingModel::kIoThreads, 8).io_threads, 8U);
  EXPECT_EQ(place(ThreadingModel::kExclusive, 8).io_threads, 1U);
  EXPECT_EQ(place(ThreadingModel::kExclusive, 8).processes, 1U);
  EXPECT_EQ(reactors(ThreadingModel::kPrefork, 8), std::pair(1U, 0U));
  EXPECT_EQ(place(ThreadingModel::kPrefork, 8).processes, 8U);
}

TEST(ThreadingModelTest, SaysWhoAccepts) {
  const Address tcp = Address::parse("tcp://127.0.0.1:1").value();
  const Address tcp6 = Address::parse("tcp://[::1]:1").value();
  const Address path = Address::parse("unix:/run/weir.sock").value();
  for (const Address& address : {tcp, tcp6, path}) {
    EXPECT_EQ(accepting(ThreadingModel::kSingle, address), Accepting::kReactor0);
    EXPECT_EQ(accepting(ThreadingModel::kHandoff, address), Accepting::kReactor0);
    EXPECT_EQ(accepting(ThreadingModel::kExclusive, address), Accepting::kSharedSocket);
  }
  EXPECT_EQ(accepting(ThreadingModel::kReuseport, tcp), Accepting::kOwnSockets);
  EXPECT_EQ(accepting(ThreadingModel::kReuseport, tcp6), Accepting::kOwnSockets);
  EXPECT_EQ(accepting(ThreadingModel::kReuseport, path), Accepting::kReactor0);
  const auto prefork = [](const Address& address, PreforkAccept how) {
    return accepting(ThreadingModel::kPrefork, address, how);
  };
  EXPECT_EQ(prefork(tcp, PreforkAccept::kMutex), Accepting::kTurns);
  EXPECT_EQ(prefork(path, PreforkAccept::kMutex), Accepting::kTurns);
  EXPECT_EQ(prefork(tcp, PreforkAccept::kExclusive), Accepting::kSharedSocket);
  EXPECT_EQ(prefork(tcp6, PreforkAccept::kReuseport), Accepting::kOwnSockets);
  EXPECT_EQ(prefork(path, PreforkAccept::kReuseport), Accepting::kSharedSocket);
}

TEST(ThreadingModelTest, OneHandlingThreadNeedsNoLocks) {
  EXPECT_FALSE(handles_in_parallel(ThreadingModel::kSingle, 8));
  EXPECT_FALSE(handles_in_parallel(ThreadingModel::kHandoff, 1));
  EXPECT_FALSE(handles_in_parallel(ThreadingModel::kReuseport, 1));
  EXPECT_TRUE(handles_in_parallel(ThreadingModel::kHandoff, 2));
  EXPECT_TRUE(handles_in_parallel(ThreadingModel::kReuseport, 2));
  EXPECT_TRUE(handles_in_parallel(ThreadingModel::kExclusive, 2));
  EXPECT_FALSE(handles_in_parallel(ThreadingModel::kIoThreads, 8));
  EXPECT_FALSE(handles_in_parallel(ThreadingModel::kPrefork, 8));
}

}  // namespace
}  // namespace weir
