// What one client listens to. Thread rule: the client's own thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace weir::redis {

// What a name that is subscribed to means.
enum Subscription : std::size_t { kChannel, kPattern, kShardChannel };
inline constexpr std::size_t kSubscriptionKinds = 3;

class Subscriptions {
 public:
  using Names = std::set<std::string, std::less<>>;

  // False when it is there, or is not there, already.
  bool add(Subscription kind, std::string_view name) {
    const bool added = names_[kind].emplace(name).second;
    if (added) bytes_ += kNode + name.size();
    return added;
  }
  bool remove(Subscription kind, std::string_view name) {
    const auto found = names_[kind].find(name);
    if (found == names_[kind].end()) return false;
    bytes_ -= kNode + name.size();
    names_[kind].erase(found);
    return true;
  }
  bool contains(Subscription kind, std::string_view name) const {
    return names_[kind].contains(name);
  }
  // Of all names, about.
  std::size_t bytes() const { return bytes_; }
  const Names& names(Subscription kind) const { return names_[kind]; }
  bool empty() const { return bytes_ == 0; }

 private:
  static constexpr std::size_t kNode = 64;  // of the tree, without the characters

  std::array<Names, kSubscriptionKinds> names_;
  std::size_t bytes_ = 0;
};

}  // namespace weir::redis
