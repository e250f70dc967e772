// serve(): the service from start to SIGTERM.
#pragma once

namespace lazaret {

// Loads the configuration, builds everything (wire.cpp), serves until SIGTERM or SIGINT, shuts down in order. Gives the
// exit status: 0 after an orderly stop, 78 for a wrong configuration, 69 when something it needs cannot be had.
int serve();

}  // namespace lazaret
