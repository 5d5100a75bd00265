#include "servers/redis/commands/sort_pattern.h"

#include <cstddef>

#include "servers/redis/types/hash.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis::commands {

SortPattern::SortPattern(std::string_view text) {
  constexpr std::string_view kArrow = "->";
  const std::string_view visible = text.substr(0, text.find('\0'));
  const std::size_t star = visible.find('*');
  if (visible == "#") kind_ = Kind::kElement;
  if (star == std::string_view::npos) return;
  kind_ = Kind::kKey;
  prefix_ = text.substr(0, star);
  suffix_ = text.substr(star + 1);
  const std::size_t arrow = visible.find(kArrow, star + 1);
  if (arrow == std::string_view::npos || arrow + kArrow.size() == visible.size()) return;
  suffix_ = text.substr(star + 1, arrow - star - 1);
  field_ = text.substr(arrow + kArrow.size());
}

std::string SortPattern::key_of(std::string_view element) const {
  std::string key;
  key.reserve(prefix_.size() + element.size() + suffix_.size());
  return key.append(prefix_).append(element).append(suffix_);
}

std::optional<std::string_view> SortPattern::look_up(Call& call, std::string_view element,
                                                     IntegerText& scratch) const {
  if (kind_ == Kind::kElement) return element;
  if (kind_ == Kind::kNothing) return {};
  const std::string key = key_of(element);
  const Entry* const entry = call.read_entry(Key{key, key_hash(key)});
  if (entry == nullptr) return {};
  if (field_.empty()) {
    return entry->type() == Type::kString ? std::optional(entry->text()) : std::nullopt;
  }
  if (entry->type() != Type::kHash) return {};
  return entry->object<Hash>()->get(field_, scratch);
}

}  // namespace weir::redis::commands
