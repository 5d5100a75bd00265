// LOLWUT: a drawing and the version, as Redis' own has them. Ours is a river above and below a
// weir.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <string_view>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/server.h"

namespace weir::redis::commands {
namespace {

// What a reply may cost: some ten milliseconds, and 200 KB.
constexpr std::int64_t kMaxColumns = 1000;
constexpr std::int64_t kMaxRows = 200;

struct Size {
  std::int64_t columns = 66;
  std::int64_t rows = 20;
};

// One system of waves among those that make up the water.
struct Wave {
  double across;
  double along;
  double phase;

  double height(std::int64_t x, std::int64_t y) const {
    return std::sin(across * static_cast<double>(x) + along * static_cast<double>(y) + phase);
  }
};

Wave random_wave(double roughness) {
  std::uniform_real_distribution<double> unit(0, 1);
  auto& random = Random::of_thread();
  return {roughness * (0.1 + 0.3 * unit(random)), roughness * (0.5 + unit(random)),
          2 * std::numbers::pi * unit(random)};
}

// Rows of still water, or of rough.
std::string draw_water(std::int64_t columns, std::int64_t rows, double roughness) {
  constexpr std::string_view kShades = "  ..--~~==";
  const std::array<Wave, 3> waves = {random_wave(roughness), random_wave(roughness),
                                     random_wave(roughness)};
  std::string text;
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      double height = 0;
      for (const Wave& wave : waves) height += wave.height(x, y);
      const double share = (height + 3) / 6 * static_cast<double>(kShades.size());
      const auto shade = static_cast<std::size_t>(std::max(share, 0.0));
      text += kShades[std::min(shade, kShades.size() - 1)];
    }
    text += '\n';
  }
  return text;
}

// The weir's crest with one gap, somewhere.
std::string draw_crest(std::int64_t columns) {
  std::string text(static_cast<std::size_t>(columns), '#');
  const std::size_t gap = (text.size() + 7) / 8;
  const std::size_t start = Random::of_thread()() % (text.size() - gap + 1);
  std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(start), gap, '|');
  return text + '\n';
}

std::string draw_river(const Size& size) {
  const std::int64_t above = size.rows / 2;
  return draw_water(size.columns, above, 0.3) + draw_crest(size.columns) +
         draw_water(size.columns, size.rows - above, 1);
}

// The numbers behind LOLWUT VERSION 5 or 6; other versions take none. Of Redis 5's three the last
// has no meaning here.
bool read_size(Call& call, Size& size) {
  std::int64_t version = 0;
  if (call.size() < 3 || !call.is_option(1, "version")) return true;
  if (!call.integer(2, version)) return false;
  if (version != 5 && version != 6) return true;
  std::int64_t unused = 0;
  if (call.size() > 3 && !call.integer(3, size.columns)) return false;
  if (call.size() > 4 && !call.integer(4, size.rows)) return false;
  if (version == 5 && call.size() > 5 && !call.integer(5, unused)) return false;
  size.columns = std::clamp<std::int64_t>(size.columns, 1, kMaxColumns);
  size.rows = std::clamp<std::int64_t>(size.rows, 1, kMaxRows);
  return true;
}

void lolwut(Call& call) {
  Size size;
  if (!read_size(call, size)) return;
  call.reply.verbatim(
      "txt", draw_river(size) + "\nA weir, and what it does. Redis ver. " + kRedisVersion + "\n");
}

constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"lolwut", -1, kReadonly | kFast, kNoKeys, lolwut, "5.0.0",
     "Draws something, and names the version."},
};

}  // namespace

const CommandGroup kLolwut{"server", kRows};

}  // namespace weir::redis::commands
