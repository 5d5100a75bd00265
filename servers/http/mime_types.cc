#include "servers/http/mime_types.h"

#include <array>

#include "codec/http_text.h"

namespace weir::http {

namespace {

struct Type {
  std::string_view extension;
  std::string_view type;
};

// By extension; text is taken to be UTF-8.
constexpr std::array kTypes = {
    Type{"html", "text/html; charset=utf-8"},
    Type{"htm", "text/html; charset=utf-8"},
    Type{"css", "text/css; charset=utf-8"},
    Type{"js", "text/javascript; charset=utf-8"},
    Type{"mjs", "text/javascript; charset=utf-8"},
    Type{"json", "application/json"},
    Type{"map", "application/json"},
    Type{"webmanifest", "application/manifest+json"},
    Type{"txt", "text/plain; charset=utf-8"},
    Type{"log", "text/plain; charset=utf-8"},
    Type{"md", "text/markdown; charset=utf-8"},
    Type{"csv", "text/csv; charset=utf-8"},
    Type{"xml", "text/xml; charset=utf-8"},
    Type{"xhtml", "application/xhtml+xml"},
    Type{"atom", "application/atom+xml"},
    Type{"rss", "application/rss+xml"},
    Type{"svg", "image/svg+xml"},
    Type{"png", "image/png"},
    Type{"jpg", "image/jpeg"},
    Type{"jpeg", "image/jpeg"},
    Type{"gif", "image/gif"},
    Type{"webp", "image/webp"},
    Type{"avif", "image/avif"},
    Type{"ico", "image/x-icon"},
    Type{"bmp", "image/bmp"},
    Type{"tif", "image/tiff"},
    Type{"tiff", "image/tiff"},
    Type{"woff", "font/woff"},
    Type{"woff2", "font/woff2"},
    Type{"ttf", "font/ttf"},
    Type{"otf", "font/otf"},
    Type{"mp3", "audio/mpeg"},
    Type{"ogg", "audio/ogg"},
    Type{"opus", "audio/ogg"},
    Type{"wav", "audio/wav"},
    Type{"flac", "audio/flac"},
    Type{"m4a", "audio/mp4"},
    Type{"mp4", "video/mp4"},
    Type{"webm", "video/webm"},
    Type{"mov", "video/quicktime"},
    Type{"mpeg", "video/mpeg"},
    Type{"pdf", "application/pdf"},
    Type{"wasm", "application/wasm"},
    Type{"zip", "application/zip"},
    Type{"gz", "application/gzip"},
    Type{"br", "application/octet-stream"},
    Type{"tar", "application/x-tar"},
    Type{"7z", "application/x-7z-compressed"},
};

}  // namespace

std::string_view mime_type(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return "application/octet-stream";
  const std::string_view extension = name.substr(dot + 1);
  for (const Type& known : kTypes) {
    if (codec::equals_ignoring_case(known.extension, extension)) return known.type;
  }
  return "application/octet-stream";
}

}  // namespace weir::http
