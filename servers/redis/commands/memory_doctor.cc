#include "servers/redis/commands/memory_doctor.h"

#include <cstdio>

namespace weir::redis::commands {
namespace {

constexpr std::size_t kTooLittle = 5 * 1024 * 1024;  // to judge by
constexpr double kHighPeak = 1.5;
constexpr double kHighFragmentation = 1.4;
constexpr long long kMuchFragmentation = 10 * 1024 * 1024;
constexpr std::size_t kMuchForClient = 200 * 1024;

std::string ratio_text(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", ratio);
  return text;
}

}  // namespace

std::string diagnose_memory(const MemoryPicture& picture, std::size_t clients) {
  if (picture.used < kTooLittle) {
    return "Too little memory is in use to find anything: fill in some data first.\n";
  }
  std::string report;
  const double peak = static_cast<double>(picture.peak) / static_cast<double>(picture.used);
  if (peak > kHighPeak) {
    report += "- Peak: " + ratio_text(peak) +
              " times as much has been in use as now is. What was freed since is used for new "
              "data first; MEMORY PURGE gives the system back what can be spared.\n";
  }
  if (picture.fragmentation() > kHighFragmentation &&
      picture.fragmentation_bytes() > kMuchFragmentation) {
    report += "- Fragmentation: " + ratio_text(picture.fragmentation()) +
              " times as much is resident as is in use. After a peak, or where sizes of values "
              "change a lot, that is the allocator's free room: MEMORY PURGE, or a restart.\n";
  }
  if (clients > 0 && picture.clients / clients > kMuchForClient) {
    report +=
        "- Clients: on average more than 200 KiB wait for each to be read or executed. CLIENT "
        "LIST shows for whom; read replies faster, or ask for less at a time.\n";
  }
  return report.empty() ? "Nothing is wrong with the use of memory.\n"
                        : "The use of memory has its faults:\n\n" + report;
}

}  // namespace weir::redis::commands
