#include "tests/engine/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/check.h"

namespace weir {
namespace {

void await_readable(int fd) {
  pollfd polled{fd, POLLIN, 0};
  int count = 0;
  do {
    count = ::poll(&polled, 1, fakes::Peer::kDeadlineMs);
  } while (count < 0 && errno == EINTR);
  WEIR_CHECK(count == 1);
}

std::string word_after(const std::string& text, const std::string& mark) {
  const std::size_t start = text.find(mark);
  WEIR_CHECK(start != std::string::npos);
  return text.substr(start + mark.size(),
                     text.find(' ', start + mark.size()) - start - mark.size());
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& arguments) {
  WEIR_CHECK(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.data()));
  words.push_back(nullptr);
  int ends[2] = {-1, -1};
  WEIR_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  pid_ = ::fork();
  WEIR_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
}

// Everything that is left, whoever started it.
ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGTERM);
  ::close(output_);
}

std::string ServerProcess::start_line() {
  std::string line;
  for (char byte = 0; byte != '\n';) {
    await_readable(output_);
    if (::read(output_, &byte, 1) != 1) return "";
    if (byte != '\n') line += byte;
  }
  return line;
}

Address ServerProcess::address_in(const std::string& start_line) {
  return Address::parse(word_after(start_line, "listening on ")).value();
}

Address ServerProcess::datagram_address_in(const std::string& start_line) {
  return Address::parse(word_after(start_line, "udp=")).value();
}

pid_t ServerProcess::pid_in(const std::string& start_line) {
  return std::atoi(word_after(start_line, "pid=").c_str());
}

int ServerProcess::wait(pid_t pid) {
  await_end(pid);
  int status = 0;
  WEIR_CHECK(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ServerProcess::await_end(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;  // gone already
  await_readable(fd);
  ::close(fd);
}

std::string ServerProcess::ask(fakes::Peer& peer, const std::string& line) {
  if (!peer.send(line + "\n")) return "";
  std::string answer;
  for (;;) {
    const std::string byte = peer.receive(1);
    if (byte.empty() || byte == "\n") return answer;
    answer += byte;
  }
}

std::string ServerProcess::ask(const Address& address, const std::string& line) {
  fakes::Peer peer = fakes::Peer::connect(address);
  return peer.is_connected() ? ask(peer, line) : "";
}

}  // namespace weir
