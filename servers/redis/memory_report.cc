#include "servers/redis/memory_report.h"

#include <unistd.h>

#include <cstdint>
#include <string_view>

#include "servers/redis/memory/allocator.h"
#include "servers/redis/memory_picture.h"
#include "servers/redis/report_lines.h"

namespace weir::redis {
namespace {

std::uint64_t system_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add_use(ReportLines& lines, const MemoryPicture& picture) {
  lines.add_size("used_memory", picture.used);
  lines.add_size("used_memory_rss", picture.resident);
  lines.add_size("used_memory_peak", picture.peak);
  lines.add_decimal("used_memory_peak_perc", picture.peak_percent(), "%");
  lines.add("used_memory_overhead", picture.overhead());
  lines.add("used_memory_startup", picture.startup);
  lines.add("used_memory_dataset", picture.dataset());
  lines.add_decimal("used_memory_dataset_perc", picture.dataset_percent(), "%");
  lines.add("allocator_allocated", picture.used);
  lines.add("allocator_active", picture.resident);
  lines.add("allocator_resident", picture.resident);
  lines.add_size("total_system_memory", system_bytes());
}

void add_scripts(ReportLines& lines, Scripting& scripting) {
  const std::size_t machines = scripting.machine_bytes();
  const std::size_t texts = scripting.cache().bytes();
  lines.add("used_memory_lua", machines);
  lines.add("used_memory_vm_eval", machines);
  lines.add_human("used_memory_lua", machines);
  lines.add("used_memory_scripts_eval", texts);
  lines.add("number_of_cached_scripts", scripting.cache().size());
  for (const char* name :
       {"number_of_functions", "number_of_libraries", "used_memory_vm_functions"}) {
    lines.add(name, 0);
  }
  lines.add_size("used_memory_vm_total", machines);
  lines.add("used_memory_functions", 0);
  lines.add_size("used_memory_scripts", texts);
}

void add_fragmentation(ReportLines& lines, const MemoryPicture& picture) {
  const std::string bytes = std::to_string(picture.fragmentation_bytes());
  lines.add_decimal("allocator_frag_ratio", picture.fragmentation());
  lines.add("allocator_frag_bytes", bytes);
  lines.add_decimal("allocator_rss_ratio", 1);
  lines.add("allocator_rss_bytes", 0);
  lines.add_decimal("rss_overhead_ratio", 1);
  lines.add("rss_overhead_bytes", 0);
  lines.add_decimal("mem_fragmentation_ratio", picture.fragmentation());
  lines.add("mem_fragmentation_bytes", bytes);
}

}  // namespace

std::string report_memory(Server& server, const ShardLocks& held) {
  const MemoryPicture picture = take_memory_picture(server, held);
  ReportLines lines;
  add_use(lines, picture);
  add_scripts(lines, server.scripting());
  lines.add_size("maxmemory", server.config().eviction.max_memory.load());
  lines.add("maxmemory_policy", server.config().value("maxmemory-policy"));
  add_fragmentation(lines, picture);
  for (const char* name : {"mem_not_counted_for_evict", "mem_replication_backlog",
                           "mem_total_replication_buffers", "mem_clients_slaves"}) {
    lines.add(name, 0);
  }
  lines.add("mem_clients_normal", picture.clients);
  lines.add("mem_cluster_links", 0);
  lines.add("mem_aof_buffer", 0);
  lines.add("mem_allocator", allocator_name());
  lines.add("active_defrag_running", 0);
  lines.add("lazyfree_pending_objects", server.lazyfree_pending());
  lines.add("lazyfreed_objects", server.lazyfreed());
  return lines.take();
}

}  // namespace weir::redis
