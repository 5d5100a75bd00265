// The commands of Redis Cluster, which say that this is none.
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

void no_cluster(Call& call) { call.error("ERR This instance has cluster support disabled"); }

constexpr KeyRange kNoKeys{};

constexpr std::uint32_t kChanges = kAdmin | kStale | kNoAsyncLoading;

constexpr Command kSubcommands[] = {
    {"addslots", -3, kChanges, kNoKeys, no_cluster, "3.0.0", "Gives slots to the node."},
    {"addslotsrange", -4, kChanges, kNoKeys, no_cluster, "7.0.0", "Gives slots to the node."},
    {"bumpepoch", 2, kChanges, kNoKeys, no_cluster, "3.0.0", "Raises the epoch."},
    {"count-failure-reports", 3, kAdmin | kStale, kNoKeys, no_cluster, "3.0.0",
     "Counts the failure reports of a node."},
    {"countkeysinslot", 3, kStale, kNoKeys, no_cluster, "3.0.0", "Counts the keys of a slot."},
    {"delslots", -3, kChanges, kNoKeys, no_cluster, "3.0.0", "Takes slots from the node."},
    {"delslotsrange", -4, kChanges, kNoKeys, no_cluster, "7.0.0", "Takes slots from the node."},
    {"failover", -2, kChanges, kNoKeys, no_cluster, "3.0.0", "Replaces the master."},
    {"flushslots", 2, kChanges, kNoKeys, no_cluster, "3.0.0", "Takes all slots from the node."},
    {"forget", 3, kChanges, kNoKeys, no_cluster, "3.0.0", "Removes a node."},
    {"getkeysinslot", 4, kStale, kNoKeys, no_cluster, "3.0.0", "Returns keys of a slot."},
    {"help", 2, kLoading | kStale, kNoKeys, no_cluster, "5.0.0", "Prints this help."},
    {"info", 2, kStale, kNoKeys, no_cluster, "3.0.0", "Describes the cluster."},
    {"keyslot", 3, kStale, kNoKeys, no_cluster, "3.0.0", "Returns the slot of a key."},
    {"links", 2, kStale, kNoKeys, no_cluster, "7.0.0", "Lists the links between nodes."},
    {"meet", -4, kChanges, kNoKeys, no_cluster, "3.0.0", "Adds a node."},
    {"myid", 2, kStale, kNoKeys, no_cluster, "3.0.0", "Returns the id of the node."},
    {"nodes", 2, kStale, kNoKeys, no_cluster, "3.0.0", "Lists the nodes."},
    {"replicas", 3, kAdmin | kStale, kNoKeys, no_cluster, "5.0.0", "Lists a node's replicas."},
    {"replicate", 3, kChanges, kNoKeys, no_cluster, "3.0.0", "Makes the node a replica."},
    {"reset", -2, kAdmin | kNoScript | kStale, kNoKeys, no_cluster, "3.0.0", "Resets the node."},
    {"saveconfig", 2, kChanges, kNoKeys, no_cluster, "3.0.0", "Saves the cluster's state."},
    {"set-config-epoch", 3, kChanges, kNoKeys, no_cluster, "3.0.0", "Sets the epoch."},
    {"setslot", -4, kChanges, kNoKeys, no_cluster, "3.0.0", "Changes the state of a slot."},
    {"shards", 2, kStale, kNoKeys, no_cluster, "7.0.0", "Lists the shards."},
    {"slaves", 3, kAdmin | kStale, kNoKeys, no_cluster, "3.0.0", "Lists a node's replicas."},
    {"slots", 2, kStale, kNoKeys, no_cluster, "3.0.0", "Lists the slots."},
};

constexpr std::uint32_t kAnyTime = kLoading | kStale | kFast;

constexpr Command kRows[] = {
    {"asking", 1, kFast, kNoKeys, no_cluster, "3.0.0", "Follows a redirection."},
    {"cluster", -2, 0, kNoKeys, nullptr, "3.0.0", "The cluster of servers.", kSubcommands},
    {"readonly", 1, kAnyTime, kNoKeys, no_cluster, "3.0.0", "Reads from a replica."},
    {"readwrite", 1, kAnyTime, kNoKeys, no_cluster, "3.0.0", "Ends READONLY."},
};

}  // namespace

const CommandGroup kCluster{"cluster", kRows};

}  // namespace weir::redis::commands
