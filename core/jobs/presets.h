// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Recipes with names, and the catalogue of everything that the engine can be asked for.

#include "core/records/choices.h"

namespace lolcats {

const Catalogue& engineCatalogue();

} // namespace lolcats
