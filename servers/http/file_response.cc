#include "servers/http/file_response.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "servers/http/byte_ranges.h"
#include "servers/http/preconditions.h"

namespace weir::http {

namespace {

std::string_view kept(const OpenFile& file, const ByteRange& range) {
  return std::string_view(file.contents).substr(range.first, range.size);
}

FilePiece piece_of(const std::shared_ptr<const OpenFile>& file, const ByteRange& range) {
  return {file->fd.get(), static_cast<off_t>(range.first), range.size, file};
}

void send_range(const std::shared_ptr<const OpenFile>& file, const ByteRange& range,
                Response& response) {
  if (file->is_kept) return response.send(kept(*file, range));
  response.send({{"", piece_of(file, range)}});
}

// "bytes 0-9/100"
std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last()) + "/" +
         std::to_string(size);
}

// Not to be found in a file by who did not choose it.
std::string make_boundary() {
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx",
                static_cast<unsigned long long>(Random::entropy()),
                static_cast<unsigned long long>(Random::entropy()));
  return text;
}

// multipart/byteranges (RFC 9110, 14.6)
void send_ranges(const std::shared_ptr<const OpenFile>& file, const std::vector<ByteRange>& ranges,
                 std::string_view type, Response& response) {
  const std::string boundary = make_boundary();
  std::vector<BodyPart> parts;
  for (const ByteRange& range : ranges) {
    BodyPart part{"\r\n--" + boundary + "\r\nContent-Type: " + std::string(type) +
                      "\r\nContent-Range: " + content_range(range, file->size) + "\r\n\r\n",
                  {}};
    if (file->is_kept) {
      part.bytes += kept(*file, range);
    } else {
      part.file = piece_of(file, range);
    }
    parts.push_back(std::move(part));
  }
  parts.push_back({"\r\n--" + boundary + "--\r\n", {}});
  const std::string multipart = "multipart/byteranges; boundary=" + boundary;
  response.status(206).content_type(multipart).send(parts);
}

}  // namespace

void send_file(const Request& request, const std::shared_ptr<const OpenFile>& file,
               std::string_view type, std::string_view coding, Response& response) {
  const Validators validators{file->etag, file->modified_s};
  const Verdict verdict = check_preconditions(request.head(), validators);
  if (verdict == Verdict::kFailed) return response.send_status(412);
  std::optional<std::vector<ByteRange>> ranges;
  if (verdict == Verdict::kSend && request.method() == HttpMethod::kGet &&
      range_holds(request.head(), validators)) {
    const std::string_view field = request.field("Range");
    if (!field.empty()) ranges = parse_ranges(field, file->size);
  }
  if (ranges && ranges->empty()) {
    return response.field("Content-Range", "bytes */" + std::to_string(file->size))
        .send_status(416);
  }
  // From here on it is the file that is spoken of.
  response.fields(file->fields).content_type(type);
  if (!coding.empty()) response.field("Content-Encoding", coding);
  if (verdict == Verdict::kNotModified) return response.status(304).send();
  if (!ranges) return send_range(file, {0, file->size}, response);
  if (ranges->size() > 1) return send_ranges(file, *ranges, type, response);
  response.field("Content-Range", content_range(ranges->front(), file->size));
  send_range(file, ranges->front(), response.status(206));
}

}  // namespace weir::http
