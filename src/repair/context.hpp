/// What the steps of a repair share.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "beamtime/place.hpp"
#include "io/file_system.hpp"
#include "resonance/repair.hpp"

namespace resonance::repair {

struct RepairContext {
  const RepairOptions& options;
  const std::function<void(const RepairFinding&)>& visit;
  const beamtime::Place place;            ///< of the damaged one
  std::shared_ptr<io::FileSystem> files;  // shared with the caller, who may inject faults
  RepairReport report = {};
  const std::filesystem::path &database = place.database, &store = place.store;
  double now = 0;                ///< when what is lost was found to be so
  std::string unknown_run = {};  ///< made for events of which nobody knows to which run they belonged
  bool ours = false;             ///< Resonance wrote the database: it has our side tables

  void tell(const RepairFinding& finding) {
    if (finding.outcome == Outcome::mended) ++report.mended;
    const bool gone = finding.outcome == Outcome::lost;
    if (gone && (finding.kind == "frame")) report.frames_lost += finding.count;
    if (gone && (finding.kind == "event")) report.events_lost += finding.count;
    if (gone && finding.kind != "frame" && finding.kind != "event") report.rows_lost += finding.count;
    if (finding.outcome == Outcome::changed) report.events_changed += finding.count;
    visit(finding);
  }
  void progress(std::string_view doing, std::uint64_t done, std::uint64_t total) const {
    if (options.progress) options.progress(doing, done, total);
  }
};

}  // namespace resonance::repair
