#include "servers/redis/memory_report.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "servers/redis/memory/allocator.h"
#include "servers/redis/memory_picture.h"

namespace weir::redis {
namespace {

std::uint64_t system_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// "1.50M": as Redis writes sizes for people.
std::string human(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "BKMGT";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f%c" : "%.2f%c", value, kUnits[unit]);
  return text;
}

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  void add_bytes(const std::string& name, std::uint64_t bytes) { add(name, std::to_string(bytes)); }
  void add_human(const std::string& name, std::uint64_t bytes) {
    add(name + "_human", human(bytes));
  }
  // In both forms.
  void add_size(const std::string& name, std::uint64_t bytes) {
    add_bytes(name, bytes);
    add_human(name, bytes);
  }
  void add_decimal(std::string_view name, double value, std::string_view unit = "") {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f%.*s", value, static_cast<int>(unit.size()), unit.data());
    add(name, text);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_use(Lines& lines, const MemoryPicture& picture) {
  lines.add_size("used_memory", picture.used);
  lines.add_size("used_memory_rss", picture.resident);
  lines.add_size("used_memory_peak", picture.peak);
  lines.add_decimal("used_memory_peak_perc", picture.peak_percent(), "%");
  lines.add_bytes("used_memory_overhead", picture.overhead());
  lines.add_bytes("used_memory_startup", picture.startup);
  lines.add_bytes("used_memory_dataset", picture.dataset());
  lines.add_decimal("used_memory_dataset_perc", picture.dataset_percent(), "%");
  lines.add_bytes("allocator_allocated", picture.used);
  lines.add_bytes("allocator_active", picture.resident);
  lines.add_bytes("allocator_resident", picture.resident);
  lines.add_size("total_system_memory", system_bytes());
}

void add_scripts(Lines& lines, Scripting& scripting) {
  const std::size_t machines = scripting.machine_bytes();
  const std::size_t texts = scripting.cache().bytes();
  lines.add_bytes("used_memory_lua", machines);
  lines.add_bytes("used_memory_vm_eval", machines);
  lines.add_human("used_memory_lua", machines);
  lines.add_bytes("used_memory_scripts_eval", texts);
  lines.add_bytes("number_of_cached_scripts", scripting.cache().size());
  for (const char* name :
       {"number_of_functions", "number_of_libraries", "used_memory_vm_functions"}) {
    lines.add_bytes(name, 0);
  }
  lines.add_size("used_memory_vm_total", machines);
  lines.add_bytes("used_memory_functions", 0);
  lines.add_size("used_memory_scripts", texts);
}

void add_fragmentation(Lines& lines, const MemoryPicture& picture) {
  const std::string bytes = std::to_string(picture.fragmentation_bytes());
  lines.add_decimal("allocator_frag_ratio", picture.fragmentation());
  lines.add("allocator_frag_bytes", bytes);
  lines.add_decimal("allocator_rss_ratio", 1);
  lines.add_bytes("allocator_rss_bytes", 0);
  lines.add_decimal("rss_overhead_ratio", 1);
  lines.add_bytes("rss_overhead_bytes", 0);
  lines.add_decimal("mem_fragmentation_ratio", picture.fragmentation());
  lines.add("mem_fragmentation_bytes", bytes);
}

}  // namespace

std::string report_memory(Server& server, const ShardLocks& held) {
  const MemoryPicture picture = take_memory_picture(server, held);
  Lines lines;
  add_use(lines, picture);
  add_scripts(lines, server.scripting());
  lines.add_size("maxmemory", server.config().eviction.max_memory.load());
  lines.add("maxmemory_policy", server.config().value("maxmemory-policy"));
  add_fragmentation(lines, picture);
  for (const char* name : {"mem_not_counted_for_evict", "mem_replication_backlog",
                           "mem_total_replication_buffers", "mem_clients_slaves"}) {
    lines.add_bytes(name, 0);
  }
  lines.add_bytes("mem_clients_normal", picture.clients);
  lines.add_bytes("mem_cluster_links", 0);
  lines.add_bytes("mem_aof_buffer", 0);
  lines.add("mem_allocator", allocator_name());
  lines.add_bytes("active_defrag_running", 0);
  lines.add_bytes("lazyfree_pending_objects", server.lazyfree_pending());
  lines.add_bytes("lazyfreed_objects", server.lazyfreed());
  return lines.take();
}

}  // namespace weir::redis
