#include "core/bequest.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/check.h"

namespace weir {

void Bequest::close(Sockets& sockets) const {
  for (const int fd : descriptors) sockets.close(fd);
}

Status Bequest::send(Sockets& sockets, int stream, const Bequest& bequest) {
  WEIR_CHECK(bequest.address.size() < kRecordBytes);
  char record[kRecordBytes] = {};
  std::memcpy(record, bequest.address.data(), bequest.address.size());
  std::span<const int> left = bequest.descriptors;
  do {
    const auto part = left.first(std::min(left.size(), Sockets::kMaxDescriptors));
    const ssize_t result = sockets.send_descriptors(stream, record, sizeof record, part);
    if (result < 0) return Status::from_errno(static_cast<int>(-result), "cannot send");
    left = left.subspan(part.size());
  } while (!left.empty());
  return Status::ok();
}

int Bequest::receive(Sockets& sockets, int stream, Bequest& bequest) {
  char record[kRecordBytes] = {};
  const ssize_t size =
      sockets.receive_descriptors(stream, record, sizeof record, bequest.descriptors);
  if (size < 0) return static_cast<int>(size);
  if (size != sizeof record || record[kRecordBytes - 1] != '\0') return -EPIPE;
  bequest.address = record;
  return 0;
}

}  // namespace weir
