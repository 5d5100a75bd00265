// libFuzzer entry for the listpack: what parse() accepts must be walkable and changeable, and
// must survive its own serialization. The input is the dump of a listpack; if it is refused, it
// is tried again as bare entries with a frame put around them, so that the fuzzer need not guess
// the total.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "servers/redis/types/listpack.h"

namespace {

using weir::redis::IntegerText;
using weir::redis::Listpack;

std::vector<std::string> walk(const Listpack& pack) {
  std::vector<std::string> elements;
  IntegerText scratch;
  for (auto p = pack.first(); p != Listpack::kEnd; p = pack.next(p)) {
    elements.emplace_back(pack.get(p).view(scratch));
    WEIR_CHECK(pack.get(p).equals(elements.back()));
  }
  size_t left = elements.size();
  for (auto p = pack.last(); p != Listpack::kEnd; p = pack.prev(p)) {
    WEIR_CHECK(left > 0 && pack.get(p).view(scratch) == elements[--left]);
  }
  WEIR_CHECK(left == 0 && elements.size() == pack.size());
  return elements;
}

// Changes that the input itself chooses, against a model.
void change(Listpack& pack, std::string_view choices) {
  std::vector<std::string> model = walk(pack);
  for (const char choice : choices.substr(0, 64)) {
    const auto byte = static_cast<uint8_t>(choice);
    const std::string text(byte / 2, choice);
    const size_t at = model.empty() ? 0 : byte % model.size();
    const auto here = model.begin() + static_cast<long>(at);
    if (model.empty() || byte % 4 == 0) {
      pack.push_front(text);
      model.insert(model.begin(), text);
    } else if (byte % 4 == 1) {
      pack.replace(pack.at(static_cast<long>(at)), text);
      *here = text;
    } else if (byte % 4 == 2) {
      pack.erase(pack.at(static_cast<long>(at)));
      model.erase(here);
    } else {
      Listpack tail = pack.split(pack.at(static_cast<long>(at)));
      pack.append(tail);
    }
  }
  WEIR_CHECK(walk(pack) == model);
}

void check(std::string_view bytes) {
  auto pack = Listpack::parse(bytes);
  if (!pack) return;
  const auto elements = walk(*pack);
  for (const auto& text : elements) {
    WEIR_CHECK(pack->find(text, pack->first()) != Listpack::kEnd);
  }
  change(*pack, bytes);
  const auto again = Listpack::parse(pack->serialized());
  WEIR_CHECK(again && walk(*again) == walk(*pack));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(input), size);
  check(bytes);
  std::string framed = "\xFF\xFF\xFF\xFF\xFF\xFF" + bytes + "\xFF";
  const auto total = static_cast<uint32_t>(framed.size());
  std::memcpy(framed.data(), &total, sizeof total);
  check(framed);
  return 0;
}
