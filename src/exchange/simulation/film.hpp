/// A block copolymer film, polystyrene with poly(methyl methacrylate), at the carbon K edge; and the beam on it.
#pragma once

#include <cstdint>
#include <vector>

namespace resonance::simulation {

struct Film {
  double styrene_share = 0.5;  ///< volume share of polystyrene
  double thickness_nm = 100;
  double period_nm = 40;  ///< distance of its domains
};

/// Film `number` of the series, from 1; each a little different.
[[nodiscard]] Film make_film(std::uint64_t seed, std::uint64_t number);

/// Absorption (optical density) at a photon energy in eV: arctangent edge and Gaussian resonances.
[[nodiscard]] double absorption(const Film& film, double energy_ev) noexcept;

/// Scattering contrast of the two blocks, relative to its peak: strong at the resonances of either, weak elsewhere.
[[nodiscard]] double contrast(double energy_ev) noexcept;

/// `count` photon energies from 270 to 340 eV, five times as dense over the resonances.
[[nodiscard]] std::vector<double> energy_grid(std::uint64_t count);

/// Stored current, mA, `elapsed_s` into the beamtime: decay and top-up.
[[nodiscard]] double ring_current_ma(double elapsed_s) noexcept;

/// Flux on the sample relative to its largest: the mirrors' carbon contamination takes a bite at the edge, and it drifts.
[[nodiscard]] double incident_flux(double energy_ev, double elapsed_s) noexcept;

}  // namespace resonance::simulation
