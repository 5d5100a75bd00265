// The head of an HTTP/1 request, checked line by line as it arrives (RFC 9110, RFC 9112):
//
//   POST /a?b HTTP/1.1\r\n     request line
//   Host: x\r\n                fields, kept as offsets into the head
//   \r\n                       the head is whole
//
// It is stricter than the RFC where lenient readers are used against each other ("request
// smuggling"): no folded lines, no bare CR or LF, one valid Host, Content-Length in plain digits
// and never beside Transfer-Encoding, no coding but "chunked". What it lets pass is left to the
// parser behind it (codec/http_requests.h) only for a second opinion.
//
// A value; one connection's belongs to one thread at a time. Views are views of the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/http_lines.h"

namespace weir::codec {

enum class HttpMethod : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kPatch };
inline constexpr std::size_t kHttpMethods = 7;
std::string_view http_method_name(HttpMethod method);

struct HttpLimits {
  std::uint32_t max_head = 16 * 1024;  // bytes, at most 65535
  std::uint32_t max_fields = 100;
  std::uint32_t max_target = 8 * 1024;
};

class HttpHead {
 public:
  enum class Body : std::uint8_t { kNone, kLength, kChunked };

  // Looks at what has come since the last call. `unread` begins with the head, and with the same
  // bytes as before. True: it is whole, and size() bytes long. A fault is final.
  bool scan(std::string_view unread, const HttpLimits& limits);
  const HttpFault& fault() const { return fault_; }
  // Whether a call has seen a byte of it.
  bool begun() const { return lines_.scanned() > 0; }
  // For the next one; keeps the room of its fields.
  void reset();

  // All below REQUIRE a whole head, and its bytes where they were, or at what rebase() says.
  std::size_t size() const { return lines_.scanned(); }
  std::string_view bytes() const { return {bytes_, size()}; }
  void rebase(const char* bytes) { bytes_ = bytes; }

  HttpMethod method() const { return facts_.method; }
  // As sent; "http://host" of a proxy's form left out, so it begins with '/', or is "*" for
  // OPTIONS.
  std::string_view target() const { return target_.size > 0 ? view(target_) : "/"; }
  std::string_view path() const { return target().substr(0, target().find('?')); }
  // Behind the '?', empty without one.
  std::string_view query() const;
  int minor_version() const { return facts_.minor_version; }  // of HTTP/1

  std::size_t fields() const { return fields_.size(); }
  HttpField field(std::size_t i) const { return {view(fields_[i].name), view(fields_[i].value)}; }
  // The first of that name, whatever its case; empty without one.
  std::string_view find(std::string_view name) const;
  std::string_view host() const { return view(host_); }

  Body body() const { return facts_.body; }
  std::uint64_t content_length() const { return content_length_; }  // kLength
  bool expects_continue() const { return facts_.expects_continue; }
  // Another request may follow this one (RFC 9112, 9.3).
  bool keep_alive() const { return !facts_.closes && (facts_.minor_version == 1 || facts_.keeps); }

  std::size_t memory_usage() const { return fields_.capacity() * sizeof(Place); }

 private:
  // Of a part, in the head: 65535 bytes are the most that it has.
  struct Range {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };
  struct Place {
    Range name;
    Range value;
  };

  std::string_view view(Range range) const { return {bytes_ + range.at, range.size}; }
  Range range(std::string_view part) const;
  bool fail(const HttpFault& fault);
  bool check_size(std::size_t size, const HttpLimits& limits);
  bool add_line(std::string_view line, const HttpLimits& limits);
  bool take_request_line(std::string_view line, const HttpLimits& limits);
  bool take_version(std::string_view version);
  bool take_target(std::string_view target);
  bool take_absolute(std::string_view target);
  bool take_field(std::string_view line);
  bool note_field(std::string_view name, std::string_view value);
  bool note_host(std::string_view value);
  bool note_length(std::string_view value);
  bool note_coding(std::string_view value);
  bool note_connection(std::string_view value);
  bool finish();

  // What the lines so far have said.
  struct Facts {
    HttpMethod method = HttpMethod::kGet;
    Body body = Body::kNone;
    std::uint8_t minor_version = 1;
    bool has_request_line = false;
    bool has_host = false;
    bool has_length = false;
    bool has_coding = false;
    bool expects_continue = false;
    bool expects_more = false;  // what nobody here can do
    bool closes = false;
    bool keeps = false;
  };

  const char* bytes_ = nullptr;
  HttpLines lines_;
  std::vector<Place> fields_;
  Range target_;
  Range host_;
  Range authority_;  // of a target with one
  std::uint64_t content_length_ = 0;
  HttpFault fault_;
  Facts facts_;
};

}  // namespace weir::codec
