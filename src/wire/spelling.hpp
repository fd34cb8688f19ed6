/// For fronts: guessing what was meant by a mistyped word.
#pragma once

#include "base/edit_distance.hpp"  // IWYU pragma: export
