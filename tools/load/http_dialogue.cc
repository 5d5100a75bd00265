#include "tools/load/http_dialogue.h"

#include <algorithm>
#include <cstddef>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::load {

struct HttpDialogue::Hash {
  Hash() { XXH3_64bits_reset(&state); }

  XXH3_state_t state;
};

std::string HttpDialogue::make_request(std::string_view path, std::string_view host) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

HttpDialogue::HttpDialogue(Exchange& exchange)
    : exchange_(exchange), hash_(std::make_unique<Hash>()) {
  llhttp_settings_init(&settings_);
  settings_.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
    XXH3_64bits_update(&static_cast<HttpDialogue*>(parser->data)->hash_->state, at, size);
    return 0;
  };
  settings_.on_message_complete = [](llhttp_t* parser) {
    static_cast<HttpDialogue*>(parser->data)->is_whole_ = true;
    return static_cast<int>(HPE_PAUSED);
  };
  llhttp_init(&parser_, HTTP_RESPONSE, &settings_);
  parser_.data = this;
}

HttpDialogue::~HttpDialogue() = default;

Result<Dialogue::Step> HttpDialogue::check(std::string_view unread) {
  const llhttp_errno_t error = llhttp_execute(&parser_, unread.data(), unread.size());
  if (is_whole_) {
    const auto consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - unread.data());
    Status status = judge();
    if (!status.is_ok()) return status;
    is_whole_ = false;
    XXH3_64bits_reset(&hash_->state);
    llhttp_resume(&parser_);
    return Step{consumed, true};
  }
  if (error == HPE_OK) return Step{unread.size(), false};
  return Status::error("no HTTP reply, " + std::string(llhttp_get_error_reason(&parser_)) + ": " +
                       quote(unread));
}

Status HttpDialogue::judge() {
  if (parser_.status_code != 200) {
    return Status::error("status " + std::to_string(parser_.status_code) + ", expected 200");
  }
  const std::uint64_t hash = std::max<std::uint64_t>(XXH3_64bits_digest(&hash_->state), 1);
  std::uint64_t known = exchange_.body.load(std::memory_order_relaxed);
  if (known == 0) exchange_.body.compare_exchange_strong(known, hash);
  if (known == 0 || known == hash) return Status::ok();
  return Status::error("another body than that of the first reply");
}

}  // namespace weir::load
