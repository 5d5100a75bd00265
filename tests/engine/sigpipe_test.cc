// An engine that was told to leave signals alone, in a process that would die of a SIGPIPE.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;

// Writes to a peer that has closed: in one piece, or in several. The reason for the end.
std::string write_to_nobody(ThreadingModel model, std::size_t pieces) {
  char directory[] = "/tmp/weir-XXXXXX";
  if (::mkdtemp(directory) == nullptr) return "no directory";
  std::promise<void> asked;
  std::promise<void> left;
  std::promise<std::string> closed;
  Options options;
  options.model = model;
  options.threads = 2;
  std::string reason;
  {
    const auto answer = [&asked, &left, pieces](Connection& connection) {
      connection.consume_all();
      asked.set_value();
      left.get_future().wait();  // so that the engine can't know yet
      for (std::size_t i = 0; i < pieces; ++i) connection.write(std::string(9000, 'w'));
    };
    const auto note = [&closed](Connection&, const Status& status) {
      closed.set_value(status.message());
    };
    // A unix socket says EPIPE at the first write; TCP would have to be told by the peer before.
    RunningEngine engine(options, "unix:" + std::string(directory) + "/s",
                         fakes::serve({.handle = answer, .closed = note}));
    engine.start();
    Peer peer = engine.connect();
    peer.send("x");
    asked.get_future().wait();
    peer.close();
    left.set_value();
    reason = closed.get_future().get();
  }
  ::rmdir(directory);
  return reason;
}

[[noreturn]] void run_with_default_sigpipe(ThreadingModel model, std::size_t pieces) {
  ::signal(SIGPIPE, SIG_DFL);
  const std::string reason = write_to_nobody(model, pieces);
  if (reason != "connection lost: Broken pipe") {
    std::fprintf(stderr, "%s\n", reason.c_str());
    std::_Exit(1);
  }
  std::_Exit(0);
}

TEST(SigpipeTest, WritingToAPeerThatHasGoneKillsNobody) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  for (const ThreadingModel model :
       {ThreadingModel::kSingle, ThreadingModel::kHandoff, ThreadingModel::kIoThreads}) {
    EXPECT_EXIT(run_with_default_sigpipe(model, 1), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(run_with_default_sigpipe(model, 5), testing::ExitedWithCode(0), "");
  }
}

// And the line in the log about a session that threw, which nobody reads either.
TEST(SigpipeTest, AWarningThatNobodyReadsKillsNobody) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ::signal(SIGPIPE, SIG_DFL);
        int ends[2];
        if (::pipe(ends) != 0) std::_Exit(1);
        ::close(ends[0]);
        ::dup2(ends[1], STDERR_FILENO);
        RunningEngine engine(
            Options(), "tcp://127.0.0.1:0",
            fakes::serve({.handle = [](Connection&) { throw std::runtime_error("on purpose"); }}));
        engine.start();
        Peer peer = engine.connect();
        peer.send("x");
        std::_Exit(peer.receive_rest().empty() && engine.stop() == 0 ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir
