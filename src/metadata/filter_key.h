// filter_key: one text for each filter, different for different filters: what totals are remembered under.
#pragma once

#include <string>

#include "document/query.h"

namespace lazaret {

std::string filter_key(const Filter& filter);

}  // namespace lazaret
