#include "servers/http/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_text.h"

namespace weir::http {

namespace {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// RFC 3986's unreserved characters stay.
std::string escape_url(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = codec::has_class(c, codec::http_text::kRegName) &&
                       std::string_view("%!$&'()*+,;=").find(c) == std::string_view::npos;
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
    escaped += plain ? std::string(1, c) : hex;
  }
  return escaped;
}

}  // namespace

std::string list_directory(int directory, const std::string& path) {
  const int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = fd >= 0 ? ::fdopendir(fd) : nullptr;
  if (stream == nullptr) {
    if (fd >= 0) ::close(fd);
    return {};
  }
  std::vector<std::pair<bool, std::string>> names;  // not a directory, name
  while (const dirent* entry = ::readdir(stream)) {
    if (entry->d_name[0] == '.') continue;
    names.emplace_back(entry->d_type != DT_DIR, entry->d_name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  const std::string title = escape_html(path);
  std::string page = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" + title +
                     "</title>\n<h1>" + title + "</h1>\n<ul>\n";
  if (path != "/") page += "<li><a href=\"../\">../</a>\n";
  for (const auto& [is_file, name] : names) {
    const std::string end = is_file ? "" : "/";
    page +=
        "<li><a href=\"./" + escape_url(name) + end + "\">" + escape_html(name) + end + "</a>\n";
  }
  return page + "</ul>\n";
}

}  // namespace weir::http
