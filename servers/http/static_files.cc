#include "servers/http/static_files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "codec/http_text.h"
#include "core/reactor.h"
#include "servers/http/file_response.h"
#include "servers/http/listing.h"
#include "servers/http/request.h"
#include "servers/http/response.h"

namespace weir::http {

namespace {

// Whether an Accept-Encoding names the coding, and not with "q=0" (RFC 9110, 12.5.3).
bool accepts(std::string_view field, std::string_view coding) {
  while (!field.empty()) {
    const std::string_view element = codec::take_element(field);
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    if (!codec::equals_ignoring_case(codec::trim_blanks(element.substr(0, semicolon)), coding)) {
      continue;
    }
    const std::string_view weight =
        codec::trim_blanks(element.substr(std::min(semicolon + 1, element.size())));
    return !(weight.starts_with("q=0") &&
             weight.find_first_not_of("0.", 2) == std::string_view::npos);
  }
  return false;
}

int status_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:  // out of the directory
      return 404;
    case EACCES:
    case EPERM:
      return 403;
    default:
      return 503;  // out of descriptors or memory
  }
}

}  // namespace

StaticFiles::StaticFiles(const Engine& engine, Options options)
    : engine_(engine), options_(std::move(options)) {}

Status StaticFiles::open() {
  auto root = open_root(options_.root);
  if (!root.is_ok()) return root.status();
  root_ = std::move(*root);
  for (std::size_t i = 0; i < engine_.reactors().size(); ++i) caches_.emplace_back(root_.get());
  return Status::ok();
}

Handler StaticFiles::handler(std::string parameter) {
  return [this, parameter = std::move(parameter)](const Request& request, Response& response) {
    const auto path = request.parameter(parameter);
    if (!path) return response.send_status(400);
    serve(request, *path, response);
  };
}

FileCache::Found StaticFiles::find(const std::string& path) {
  const Reactor& reactor = *Reactor::current();
  return caches_[reactor.index()].open(path, reactor.now_ms());
}

void StaticFiles::serve(const Request& request, const std::string& path, Response& response) {
  const FileCache::Found plain = find(path);
  if (plain.file != nullptr && plain.file->is_directory) {
    return serve_directory(request, path, *plain.file, response);
  }
  const Variant variant = choose(request, path, plain);
  if (variant.found.file == nullptr) return response.send_status(status_of(variant.found.error));
  if (variant.varies) response.field("Vary", "Accept-Encoding");
  send_file(request, variant.found.file, plain.file->type, variant.coding, response);
}

// Relative links in it need the '/' at the end.
void StaticFiles::serve_directory(const Request& request, const std::string& path,
                                  const OpenFile& directory, Response& response) {
  if (!request.path().ends_with('/')) {
    std::string location(request.path());
    // "//host" would be another server.
    location.erase(0, std::min(location.find_first_not_of('/'), location.size()));
    location = "/" + location + "/";
    if (!request.query().empty()) location.append("?").append(request.query());
    return response.field("Location", location).send_status(301);
  }
  const std::string index = path + options_.index;
  const FileCache::Found found = find(index);
  if (found.file != nullptr && !found.file->is_directory) return serve(request, index, response);
  if (!options_.listings) return response.send_status(403);
  const std::string page = list_directory(directory.fd.get(), "/" + path);
  if (page.empty()) return response.send_status(403);
  response.content_type("text/html; charset=utf-8").send(page);
}

StaticFiles::Variant StaticFiles::choose(const Request& request, const std::string& path,
                                         const FileCache::Found& plain) {
  Variant variant{plain, {}, false};
  const std::string_view accepted = request.field("Accept-Encoding");
  if (plain.file == nullptr || !plain.file->has_variants) return variant;
  for (const FileCoding& coding : kFileCodings) {
    const FileCache::Found found = find(path + std::string(coding.suffix));
    if (found.file == nullptr || found.file->is_directory) continue;
    variant.varies = true;
    if (!variant.coding.empty() || !accepts(accepted, coding.name)) continue;
    variant.found = found;
    variant.coding = coding.name;
  }
  return variant;
}

}  // namespace weir::http
