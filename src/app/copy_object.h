// copy_object(): the bytes of an object, whichever store it lies in, handed on piece by piece.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/call.h"
#include "base/error.h"
#include "intake/object_store.h"

namespace lazaret {

// The first error of reading or of `take` ends it. An object that is shorter than its range is kCorrupt.
Result<void> copy_object(const Call& call, ObjectBody& from,
                         const std::function<Result<void>(std::span<const std::byte>)>& take);

}  // namespace lazaret
