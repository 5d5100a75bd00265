// A name server (RFC 1035) on loopback, for UDP and TCP, with names of a test's choice and manners
// that a resolver has to live with. It knows A and AAAA; every other name does not exist.
//
// Any thread; a thread of its own answers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace weir::fakes {

class NameServer {
 public:
  enum class Manner {
    kAnswer,
    kSilent,   // hears, and says nothing
    kGarbage,  // sends packets that are no answer in several ways, then the answer if there is one
    kTruncated,  // over UDP says that the answer is too long, over TCP gives it
    kFailing,    // SERVFAIL
  };

  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // `name` in lower case; `addresses` are IPv4 and IPv6 numbers.
  void add(const std::string& name, const std::vector<std::string>& addresses,
           Manner manner = Manner::kAnswer);

  // "127.0.0.1:PORT", as Resolver::Options::name_servers takes it.
  const std::string& address() const { return address_; }
  std::size_t questions();
  // False when nobody asked for `name` within the deadline.
  bool await_question(const std::string& name);

 private:
  struct Record {
    std::vector<std::string> addresses;
    Manner manner;
  };

  void serve();
  void answer_datagram();
  void answer_stream();
  Record hear(std::string_view question);

  int udp_ = -1;
  int tcp_ = -1;
  int stop_[2] = {-1, -1};
  std::string address_;
  std::mutex mutex_;
  std::condition_variable heard_;
  std::map<std::string, Record> records_;
  std::map<std::string, std::size_t> asked_;
  std::thread thread_;
};

}  // namespace weir::fakes
