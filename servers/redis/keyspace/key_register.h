// Who has an interest in which names, in the order in which they said so: watching transactions and
// waiting clients in keys, of which each shard has a register; subscribers in channels.
//
// Parties are not owned: they take their name off before they end. Thread rule: its owner's lock.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::redis {

template <class Party>
class KeyRegister {
 public:
  using Parties = std::vector<Party*>;

  bool empty() const { return keys_.empty(); }

  std::size_t size() const { return keys_.size(); }

  // Twice in a row for the same key counts once. REQUIRES: not there from before.
  void add(std::string_view key, Party& party) {
    Parties& parties = keys_[std::string(key)];
    if (parties.empty() || parties.back() != &party) parties.push_back(&party);
  }

  void remove(std::string_view key, Party& party) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    std::erase(found->second, &party);
    if (found->second.empty()) keys_.erase(found);
  }

  // Some of the key's parties. REQUIRES: they are in their order.
  void remove_all(std::string_view key, const Parties& parties) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    auto next = parties.begin();
    std::erase_if(found->second, [&](const Party* party) {
      return next != parties.end() && *next == party && (++next, true);
    });
    if (found->second.empty()) keys_.erase(found);
  }

  // Valid until the register changes; nullptr when there are none.
  const Parties* find(std::string_view key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second;
  }

  // Calls visit(key) for every key of interest.
  template <class Visit>
  void for_each_key(Visit&& visit) const {
    for (const auto& [key, parties] : keys_) visit(std::string_view(key));
  }

 private:
  // Finds by a view: looking a key up makes no string.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_map<std::string, Parties, Hash, std::equal_to<>> keys_;
};

}  // namespace weir::redis
