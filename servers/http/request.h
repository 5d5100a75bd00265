// A request as its handler sees it: views, which end when the handler returns.
//
// Thread rule: that of its connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/http_head.h"
#include "core/address.h"
#include "servers/http/router.h"

namespace weir::http {

class Request {
 public:
  Request(const codec::HttpHead& head, std::string_view body, const Match& match,
          const Address& peer)
      : head_(head), body_(body), match_(match), peer_(peer) {}

  HttpMethod method() const { return head_.method(); }
  std::string_view method_name() const { return codec::http_method_name(head_.method()); }
  // As sent, with their escapes.
  std::string_view path() const { return head_.path(); }
  std::string_view query() const { return head_.query(); }
  const codec::HttpHead& head() const { return head_; }

  // The first of that name, whatever its case; empty without one.
  std::string_view field(std::string_view name) const { return head_.find(name); }
  std::string_view host() const { return head_.host(); }

  // Of the route's pattern, as sent, and without its escapes. Nothing where an escape is none.
  std::string_view raw_parameter(std::string_view name) const;
  std::optional<std::string> parameter(std::string_view name) const;
  // "b" of "?a=b&c=d", without its escapes ('+' is a blank); nothing without one.
  std::optional<std::string> query_parameter(std::string_view name) const;

  // All of it, unless the route streams it.
  std::string_view body() const { return body_; }
  const Address& peer() const { return peer_; }

 private:
  const codec::HttpHead& head_;
  std::string_view body_;
  const Match& match_;
  const Address& peer_;
};

}  // namespace weir::http
