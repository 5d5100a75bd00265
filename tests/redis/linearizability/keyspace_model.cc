#include "tests/redis/linearizability/keyspace_model.h"

#include <algorithm>

#include "tests/redis/linearizability/model_command.h"

namespace weir::redis {

std::optional<std::string> KeyspaceModel::execute(std::size_t database, const Words& words,
                                                  const std::string* awaited) {
  ModelCall call{*this, database, words, awaited};
  return find_model_command(words[0]).execute(call);
}

const KeyspaceModel::Value* KeyspaceModel::find(const Place& place) const {
  const auto found = values_.find(place);
  return found == values_.end() ? nullptr : &found->second;
}

KeyspaceModel::Value* KeyspaceModel::find(const Place& place) {
  const auto found = values_.find(place);
  return found == values_.end() ? nullptr : &found->second;
}

void KeyspaceModel::store(const Place& place, Value value) {
  values_.insert_or_assign(place, std::move(value));
  touched_.push_back(place);
}

bool KeyspaceModel::remove(const Place& place) {
  if (values_.erase(place) == 0) return false;
  touched_.push_back(place);
  return true;
}

void KeyspaceModel::changed(const Place& place) {
  touched_.push_back(place);
  const Value& value = values_.at(place);
  const auto* const list = std::get_if<List>(&value);
  const auto* const set = std::get_if<Set>(&value);
  if ((list != nullptr && list->empty()) || (set != nullptr && set->empty())) values_.erase(place);
}

void KeyspaceModel::swap_databases() {
  std::map<Place, Value> swapped;
  for (auto& [place, value] : values_) {
    swapped.emplace(Place{1 - place.database, place.key}, std::move(value));
    touched_.push_back({0, place.key});
    touched_.push_back({1, place.key});
  }
  values_ = std::move(swapped);
}

void KeyspaceModel::append_text(std::string& text) const {
  const auto append_all = [&text](char type, const auto& elements) {
    text += type;
    for (const std::string& element : elements) text += element + ',';
  };
  for (const auto& [place, value] : values_) {
    text += static_cast<char>('0' + place.database);
    text += place.key + '=';
    if (const auto* string = std::get_if<std::string>(&value)) text += *string;
    if (const auto* list = std::get_if<List>(&value)) append_all('[', *list);
    if (const auto* set = std::get_if<Set>(&value)) append_all('{', *set);
    text += ';';
  }
}

bool Reach::holds(const Place& place) const {
  return everything || std::find(places.begin(), places.end(), place) != places.end();
}

void add_reach(Reach& reach, std::size_t database, const Words& words) {
  const ModelCommand& command = find_model_command(words[0]);
  reach.everything = reach.everything || command.extent == Extent::kEverything;
  for (const std::string& key : command.keys_of(words)) {
    for (std::size_t i = 0; i < kModelDatabases; ++i) {
      if (i == database || command.extent == Extent::kEveryDatabase) {
        reach.places.push_back({i, key});
      }
    }
  }
}

std::optional<Place> moves_to(std::size_t database, const Words& words) {
  if (words[0] != "BLMOVE") return std::nullopt;
  return Place{database, words[2]};
}

std::vector<Place> waits_for(std::size_t database, const Words& words) {
  if (words[0] == "BLMOVE") return {{database, words[1]}};
  std::vector<Place> places;
  for (const std::string& key : find_model_command(words[0]).keys_of(words)) {
    places.push_back({database, key});
  }
  return places;
}

std::string reply_without_waiting(const Words& words) {
  return words[0] == "BLMOVE" ? "$-1" : "*-1";
}

}  // namespace weir::redis
