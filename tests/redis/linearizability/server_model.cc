#include "tests/redis/linearizability/server_model.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace weir::redis {
namespace {

const Words& command_of(const Operation& operation) { return operation.commands.front(); }

bool waits_for_place(const Operation& operation, const Place& place) {
  const std::vector<Place> places = waits_for(operation.database, command_of(operation));
  return std::find(places.begin(), places.end(), place) != places.end();
}

}  // namespace

ServerModel::ServerModel(std::size_t clients, Locking locking)
    : locking_(locking), watches_(clients), rest_(clients) {}

ServerModel::Answers ServerModel::begin(std::size_t client, const Operation& operation) {
  Answers answers;
  Reach reach;
  if (operation.is_transaction) {
    for (const Words& words : operation.commands) add_reach(reach, operation.database, words);
    for (const Place& place : watches_[client].places) reach.places.push_back(place);
    answers.push_back({client, execute_transaction(client, operation)});
  } else if (command_of(operation)[0] == "WATCH") {
    answers.push_back({client, watch(client, operation)});
  } else {
    add_reach(reach, operation.database, command_of(operation));
    std::optional<std::string> reply = keyspace_.execute(operation.database, command_of(operation));
    note_touched();
    if (reply) {
      answers.push_back({client, *std::move(reply)});
    } else {
      waits_.push_back({client, &operation, false});
    }
  }
  serve(client, reach, answers);
  return answers;
}

std::string ServerModel::watch(std::size_t client, const Operation& operation) {
  const Words& words = command_of(operation);
  for (std::size_t i = 1; i < words.size(); ++i) {
    watches_[client].places.push_back({operation.database, words[i]});
  }
  return "+OK";
}

std::string ServerModel::execute_transaction(std::size_t client, const Operation& operation) {
  const Watches watches = std::exchange(watches_[client], {});
  if (watches.changed) return "*-1";
  std::string reply = "*" + std::to_string(operation.commands.size());
  for (const Words& words : operation.commands) {
    const std::optional<std::string> part = keyspace_.execute(operation.database, words);
    reply += " " + (part ? *part : reply_without_waiting(words));
    note_touched();
  }
  return reply;
}

bool ServerModel::waits(std::size_t client) const {
  return std::any_of(waits_.begin(), waits_.end(),
                     [client](const Wait& wait) { return wait.client == client && !wait.over; });
}

ServerModel::Answers ServerModel::expire(std::size_t client) {
  std::erase_if(waits_, [client](const Wait& wait) { return wait.client == client; });
  return {{client, "*-1"}};
}

bool ServerModel::unsettled(std::size_t client) const { return !rest_[client].empty(); }

ServerModel::Answers ServerModel::settle(std::size_t client) {
  Answers answers;
  ready_ = std::exchange(rest_[client], {});
  Reach reach{.places = ready_.front().others};
  reach.places.push_back(ready_.front().place);
  serve(client, reach, answers);
  return answers;
}

// What was written: spoils transactions, and may be what others wait for.
void ServerModel::note_touched() {
  for (const Place& place : keyspace_.take_touched()) {
    for (Watches& watches : watches_) {
      const auto& places = watches.places;
      if (std::find(places.begin(), places.end(), place) != places.end()) watches.changed = true;
    }
    const bool known = std::any_of(ready_.begin(), ready_.end(),
                                   [&](const Ready& ready) { return ready.place == place; });
    if (!known && is_awaited(place)) ready_.push_back({place});
  }
}

bool ServerModel::is_awaited(const Place& place) const {
  return std::any_of(waits_.begin(), waits_.end(),
                     [&](const Wait& wait) { return waits_for_place(*wait.operation, place); });
}

bool ServerModel::holds(const Reach& reach, const Place& place) const {
  return locking_ == Locking::kWhole || reach.holds(place);
}

bool ServerModel::holds_all(const Reach& reach, const Ready& ready) const {
  return holds(reach, ready.place) &&
         std::all_of(ready.others.begin(), ready.others.end(),
                     [&](const Place& place) { return holds(reach, place); });
}

void ServerModel::serve(std::size_t client, const Reach& reach, Answers& answers) {
  std::vector<Ready> rest;
  while (!ready_.empty()) {
    for (Ready& ready : std::exchange(ready_, {})) {
      if (!holds_all(reach, ready) || !serve_key(ready, reach, answers)) {
        rest.push_back(std::move(ready));
      }
    }
  }
  rest_[client] = std::move(rest);
  std::erase_if(waits_, [](const Wait& wait) { return wait.over; });
}

// False where somebody needs a key that is not locked: it is named.
bool ServerModel::serve_key(Ready& ready, const Reach& reach, Answers& answers) {
  for (Wait& wait : waits_) {
    if (wait.over || !waits_for_place(*wait.operation, ready.place)) continue;
    const std::optional<Place> target =
        moves_to(wait.operation->database, command_of(*wait.operation));
    if (target && !holds(reach, *target)) {
      ready.others.push_back(*target);
      return false;
    }
    const bool served = retry(wait, ready.place, answers);
    if (!served && keyspace_.find(ready.place) == nullptr) return true;
  }
  return true;
}

bool ServerModel::retry(Wait& wait, const Place& place, Answers& answers) {
  std::optional<std::string> reply =
      keyspace_.execute(place.database, command_of(*wait.operation), &place.key);
  if (!reply) return false;
  wait.over = true;
  answers.push_back({wait.client, *std::move(reply)});
  note_touched();
  return true;
}

void ServerModel::append_text(std::string& text) const {
  keyspace_.append_text(text);
  text += '|';
  for (const Wait& wait : waits_) {
    text += std::to_string(wait.client) + '?';
  }
  for (std::size_t client = 0; client < watches_.size(); ++client) {
    text += watches_[client].changed ? '~' : '.';
    for (const Place& place : watches_[client].places) {
      text += std::to_string(place.database) + place.key + ',';
    }
    for (const Ready& ready : rest_[client]) {
      text += std::to_string(ready.place.database) + ready.place.key + '>';
      for (const Place& other : ready.others) text += other.key + ',';
    }
  }
}

std::string ServerModel::keyspace_text() const {
  std::string text;
  keyspace_.append_text(text);
  return text;
}

}  // namespace weir::redis
