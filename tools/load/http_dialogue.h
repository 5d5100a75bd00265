// Asks for a path by GET over HTTP/1.1 and wants 200 with the same body each time: its hash is that
// of the first reply. llhttp reads the replies.
#pragma once

#include <llhttp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tools/load/dialogue.h"

namespace weir::load {

class HttpDialogue final : public Dialogue {
 public:
  // What all connections are asked, and answered. Any thread.
  struct Exchange {
    std::string request;
    std::atomic<std::uint64_t> body{0};  // the hash of the first; 0: not known yet
  };

  static std::string make_request(std::string_view path, std::string_view host);

  // `exchange` outlives it.
  explicit HttpDialogue(Exchange& exchange);
  ~HttpDialogue() override;

  void ask(OutputBuffer& output) override { output.append(exchange_.request); }
  Result<Step> check(std::string_view unread) override;

 private:
  struct Hash;

  Status judge();

  Exchange& exchange_;
  llhttp_settings_t settings_;
  llhttp_t parser_;
  bool is_whole_ = false;
  std::unique_ptr<Hash> hash_;  // of the body at hand
};

}  // namespace weir::load
