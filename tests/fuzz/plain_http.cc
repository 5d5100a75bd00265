#include "tests/fuzz/plain_http.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace weir::codec {

namespace {

std::string_view take(std::string_view& bytes, std::size_t size) {
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(taken.size());
  return taken;
}

// Up to the next line end, which is taken too; all there is without one.
std::string_view take_line(std::string_view& bytes) {
  const std::string_view line = take(bytes, bytes.find("\r\n"));
  take(bytes, 2);
  return line;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "http://host/path" is "/path".
std::string plain_target(std::string_view target) {
  if (target.front() == '/' || target == "*") return std::string(target);
  const std::string_view rest = target.substr(target.find("://") + 3);
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
}

void read_chunks(std::string_view& bytes, HttpTranscript::Request& request) {
  while (bytes.find("\r\n") != std::string_view::npos) {
    const std::string_view line = take_line(bytes);
    const std::size_t size = std::strtoull(std::string(line).c_str(), nullptr, 16);
    if (size == 0) {
      while (bytes.find("\r\n") != std::string_view::npos) {
        if (!take_line(bytes).empty()) continue;
        request.complete = true;
        return;
      }
      return;
    }
    const std::string_view chunk = take(bytes, size);
    request.body += chunk;
    if (chunk.size() < size) return;
    take(bytes, 2);
  }
}

HttpTranscript::Request read_request(std::string_view& bytes) {
  HttpTranscript::Request request;
  while (bytes.starts_with("\r\n")) take(bytes, 2);
  std::string_view line = take_line(bytes);
  request.method = take(line, line.find(' '));
  take(line, 1);
  request.target = plain_target(take(line, line.find(' ')));
  request.minor_version = line == " HTTP/1.1" ? 1 : 0;
  std::size_t length = 0;
  bool chunked = false;
  while (!(line = take_line(bytes)).empty()) {
    const std::string_view name = line.substr(0, line.find(':'));
    const std::string_view value = trim(line.substr(name.size() + 1));
    request.fields.emplace_back(name, value);
    if (lower(name) == "content-length")
      length = std::strtoull(std::string(value).c_str(), nullptr, 10);
    if (lower(name) == "transfer-encoding") chunked = true;
  }
  if (chunked) {
    read_chunks(bytes, request);
  } else {
    request.body = take(bytes, length);
    request.complete = request.body.size() == length;
  }
  return request;
}

}  // namespace

std::vector<HttpTranscript::Request> read_plainly(std::string_view bytes, std::size_t count) {
  std::vector<HttpTranscript::Request> requests;
  while (requests.size() < count) requests.push_back(read_request(bytes));
  return requests;
}

}  // namespace weir::codec
