// Peak positions of polystyrene and PMMA near 285.1, 287.5 and 288.5 eV: e.g. Dhez, Ade, Urquhart, J. Electron Spectrosc.
// Relat. Phenom. 128 (2003) 85. Heights and widths are chosen to look right, not fitted.
#include "exchange/simulation/film.hpp"

#include <cmath>
#include <numbers>

#include "exchange/simulation/random.hpp"

namespace resonance::simulation {
namespace {

constexpr double kFirstEnergy = 270, kLastEnergy = 340;  // eV

double gauss(double x, double centre, double sigma) noexcept {
  const double t = (x - centre) / sigma;
  return std::exp(-0.5 * t * t);
}

double lorentz(double x, double centre, double half_width) noexcept {
  const double t = (x - centre) / half_width;
  return 1 / (1 + t * t);
}

/// Rises from 0 to 1 across `centre`.
double edge(double x, double centre, double width) noexcept { return 0.5 + std::atan((x - centre) / width) / std::numbers::pi; }

}  // namespace

Film make_film(std::uint64_t seed, std::uint64_t number) {
  Random random(seed, 0xF11Full + number);
  Film film;
  film.styrene_share = 0.45 + 0.2 * random.uniform();
  film.thickness_nm = 80 + 50 * random.uniform();
  film.period_nm = 36 + 10 * random.uniform();
  return film;
}

double absorption(const Film& film, double energy) noexcept {
  const double styrene = film.styrene_share, methacrylate = 1 - styrene;
  const double below = 0.09 * std::pow(kFirstEnergy / energy, 3);
  const double decay = energy > 295 ? std::pow(295 / energy, 2) : 1;
  const double step = 0.95 * edge(energy, 290.3, 0.7) * decay;
  const double pi_ring = 2.4 * styrene * gauss(energy, 285.1, 0.42) + 0.35 * styrene * gauss(energy, 288.9, 0.6);
  const double c_h = 0.38 * gauss(energy, 287.5, 0.65);
  const double pi_carbonyl = 2.1 * methacrylate * gauss(energy, 288.5, 0.45);
  const double sigma = 0.75 * gauss(energy, 293.0, 1.9) + 0.30 * gauss(energy, 302.0, 4.5);
  return film.thickness_nm / 100 * (below + step + pi_ring + c_h + pi_carbonyl + sigma);
}

double contrast(double energy) noexcept {
  return 0.05 + 0.85 * lorentz(energy, 284.9, 0.75) + 0.40 * lorentz(energy, 288.3, 0.7) + 0.12 * edge(energy, 283, 2);
}

std::vector<double> energy_grid(std::uint64_t count) {
  struct Part {
    double first, last, density;
  };
  constexpr Part parts[] = {{kFirstEnergy, 282, 1}, {282, 296, 5}, {296, kLastEnergy, 1}};
  double total = 0;
  for (const auto& part : parts) total += (part.last - part.first) * part.density;
  std::vector<double> energies;
  energies.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    double left = count > 1 ? total * static_cast<double>(i) / static_cast<double>(count - 1) : total / 2;
    double energy = kLastEnergy;
    for (const auto& part : parts) {
      const double weight = (part.last - part.first) * part.density;
      if (left <= weight) {
        energy = part.first + left / part.density;
        break;
      }
      left -= weight;
    }
    energies.push_back(std::round(energy * 1000) / 1000);
  }
  return energies;
}

double ring_current_ma(double elapsed) noexcept {
  constexpr double between_top_ups = 62;  // s
  const double since = std::fmod(elapsed, between_top_ups);
  return 500.4 * std::exp(-since / 28000);
}

double incident_flux(double energy, double elapsed) noexcept {
  const double grating = 0.80 + 0.20 * (energy - kFirstEnergy) / (kLastEnergy - kFirstEnergy);
  const double carbon =
      0.20 * gauss(energy, 284.9, 0.6) + 0.14 * gauss(energy, 288.4, 0.9) + 0.22 * edge(energy, 291, 1.2) + 0.10 * gauss(energy, 293, 2.5);
  const double drift = 1 + 0.006 * std::sin(elapsed / 310) - 0.004 * (1 - std::exp(-elapsed / 1800));
  return grating * (1 - carbon) * drift * ring_current_ma(elapsed) / 500;
}

}  // namespace resonance::simulation
