// Which back end an engine serves with, where the kernel has io_uring and where it has not.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

#include "core/engine.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::FaultySockets;
using fakes::serve_echo;

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";

Options options(BackendKind backend) {
  Options options;
  options.backend = backend;
  options.handle_signals = false;
  return options;
}

std::string refusal(BackendKind backend, FaultySockets& sockets) {
  Engine engine(options(backend), sockets);
  return engine.listen(kAnyPort, serve_echo()).status().message();
}

class BackendChoiceTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override { set_log_level(LogLevel::kNotice); }
};

TEST_F(BackendChoiceTest, SaysWhyThereIsNoIoUring) {
  const std::pair<int, std::string> refusals[] = {
      {ENOSYS, "this kernel has no io_uring"},
      {EPERM,
       "io_uring is switched off here, by the sysctl kernel.io_uring_disabled, a seccomp filter or "
       "the container"},
      {EINVAL, "this kernel's io_uring is too old: it takes Linux 6.1 or newer"},
      {ENOMEM, "there is too little memory that may be locked: raise ulimit -l"},
      {EMFILE, "cannot create an io_uring: Too many open files"},
  };
  for (const auto& [error, sentence] : refusals) {
    FaultySockets sockets;
    sockets.fail(Call::kUringOpen, error);
    EXPECT_EQ(refusal(BackendKind::kUring, sockets), "backend io_uring: " + sentence);
  }
}

// A kernel that makes a ring and can't do what is needed with it.
TEST_F(BackendChoiceTest, TriesOutWhatItNeeds) {
  if (!fakes::has_uring()) GTEST_SKIP();
  FaultySockets without_buffers;
  without_buffers.fail(Call::kUringRegister, EINVAL, 2);
  EXPECT_EQ(refusal(BackendKind::kUring, without_buffers),
            "backend io_uring: cannot provide buffers: Invalid argument");
  FaultySockets without_multishot;
  without_multishot.fail(Call::kReceive, EINVAL, 10);
  EXPECT_EQ(refusal(BackendKind::kUring, without_multishot),
            "backend io_uring: this kernel can't receive as is needed: Invalid argument");
}

TEST_F(BackendChoiceTest, AutoTakesIoUring) {
  if (!fakes::has_uring()) GTEST_SKIP();
  RunningEngine running(options(BackendKind::kAuto), kAnyPort, serve_echo());
  EXPECT_NE(running.engine().describe().find("backend=io_uring"), std::string::npos);
}

TEST_F(BackendChoiceTest, AutoTakesEpollElse) {
  FaultySockets sockets;
  sockets.fail(Call::kUringOpen, ENOSYS);
  RunningEngine running(options(BackendKind::kAuto), kAnyPort, serve_echo(), sockets);
  EXPECT_NE(running.engine().describe().find("backend=epoll "), std::string::npos);
  running.start();
  fakes::Peer peer = running.connect();
  peer.send("served");
  EXPECT_EQ(peer.receive(6), "served");
}

// As a container does that allows no io_uring.
bool forbid_io_uring() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

using BackendChoiceDeathTest = BackendChoiceTest;

TEST_F(BackendChoiceDeathTest, BehindASeccompFilter) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto serve_behind_it = [] {
    if (!forbid_io_uring()) std::exit(3);
    FaultySockets sockets;
    if (refusal(BackendKind::kUring, sockets).find("switched off here") == std::string::npos) {
      std::exit(4);
    }
    RunningEngine running(options(BackendKind::kAuto), kAnyPort, serve_echo());
    running.start();
    fakes::Peer peer = running.connect();
    peer.send("served");
    std::exit(peer.receive(6) == "served" ? 0 : 5);
  };
  EXPECT_EXIT(serve_behind_it(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir
