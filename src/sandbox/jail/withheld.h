// What is loaded because another library names it, and what no worker ever calls: key agreement, certificates,
// compression of foreign formats, the making of filters. A worker is forked without it, which leaves a third fewer
// mappings to copy and to take down for every document, and an attacker that much less code to stand on.
#pragma once

namespace lazaret::sandbox {

// Children forked from now on lack these libraries; a call into one of them ends them. Those that are not loaded are
// passed over. Their headers stay, for who looks up which library a function belongs to when an exception is thrown.
void withhold_unused_libraries();

}  // namespace lazaret::sandbox
