// Direction: which way a sequence is walked, and so at which end a walk begins. A value.
#pragma once

namespace weir::redis {

enum class Direction { kForward, kBackward };

}  // namespace weir::redis
