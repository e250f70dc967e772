// The commands that make and mend what lies in the remote stores. Each prints to standard output, its faults to
// standard error, and gives the exit status.
#pragma once

#include "app/stores.h"

namespace lazaret {

// Makes the bucket and the tables and tells what is left that it may not change; or with Mend::kNo only tells, and
// exits with 1 when there is something.
int run_init(Mend mend);
// Adopts items of the first version; exit 1 when some could not be adopted.
int run_reindex();

}  // namespace lazaret
