// Whole-file work: what is in a beamtime, is it sound, make it whole, copy it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "gil.hpp"
#include "json.hpp"
#include "options.hpp"
#include "resonance/annotations.hpp"
#include "resonance/backup.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/recover.hpp"
#include "resonance/repair.hpp"
#include "wire/json_forms.hpp"

namespace resonance::python {

namespace {

using Path = std::filesystem::path;

/// progress() that also says what is being done: `tell(doing, done, total)`.
auto progress_with_words(const nb::object& tell) {
  return [&tell](std::string_view doing, std::uint64_t done, std::uint64_t total) {
    check_signals_and([&] {
      if (!tell.is_none()) tell(to_python(doing), done, total);
    });
  };
}

/// Gathers what is found; a Python list of the one form that all fronts use.
template <class Found>
auto gather(nb::list& out) {
  return [&out](const Found& found) { check_signals_and([&] { out.append(to_python(wire::to_json(found))); }); };
}

nb::tuple verify(const Path& database, std::vector<std::string> runs, bool frames, bool full, unsigned threads, nb::object tell) {
  nb::list faults;
  const VerifyOptions options{std::move(runs), frames, full, threads, progress(tell)};
  const auto report = without_gil([&] { return verify_beamtime(database, options, gather<Fault>(faults)); });
  return nb::make_tuple(to_python(wire::to_json(report)), faults);
}

nb::tuple repair(const Path& database, std::optional<Path> output, unsigned threads, nb::object tell) {
  nb::list findings;
  RepairOptions options;
  if (output) options.output = *output;
  options.threads = threads;
  options.progress = progress_with_words(tell);
  const auto report = without_gil([&] { return repair_beamtime(database, options, gather<RepairFinding>(findings)); });
  return nb::make_tuple(to_python(wire::to_json(report)), findings);
}

/// Of one beamtime, or of all below a folder.
nb::object recover(const Path& path, bool dry_run, nb::object tell) {
  RecoverOptions options;
  options.dry_run = dry_run;
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  if (!dry_run) options.on_run_change = listener_above(folder ? path / "any.db" : path);
  if (!folder) return to_python(wire::to_json(without_gil([&] { return recover_beamtime(path, options); })));
  return to_python(wire::to_json(without_gil([&] { return recover_data_root(path, options, progress(tell)); })));
}

nb::tuple back_up(const Path& database, const Path& folder, nb::object tell) {
  nb::list faults;
  BackupOptions options;
  options.progress = progress(tell);
  options.tell = gather<Fault>(faults);
  const auto report = without_gil([&] { return back_up_beamtime(database, folder, options); });
  return nb::make_tuple(to_python(wire::to_json(report)), faults);
}

nb::tuple check(const Path& folder, bool frames, unsigned threads, nb::object tell) {
  nb::list faults;
  const CheckBackupOptions options{frames, threads, progress_with_words(tell)};
  const auto report = without_gil([&] { return check_backup(folder, options, gather<Fault>(faults)); });
  return nb::make_tuple(to_python(wire::to_json(report)), faults);
}

/// Tags and notes, each call for itself: they are few, and nothing stays open.
nb::object annotate_tags(const Path& database, const std::string& run, const std::vector<std::string>& tags, bool add) {
  const auto changed = without_gil([&] {
    Annotations annotations(database);
    return add ? annotations.add_tags(run, tags) : annotations.remove_tags(run, tags);
  });
  return nb::cast(changed);
}

nb::object annotate_note(const Path& database, const std::string& run, const std::string& text, const std::optional<std::string>& author) {
  return to_python(wire::to_json(without_gil([&] { return Annotations(database).add_note(run, text, author); })));
}

}  // namespace

void bind_files(nb::module_& module) {
  module.def(
      "statistics",
      [](const Path& database) { return to_python(wire::to_json(without_gil([&] { return beamtime_statistics(database); }))); },
      nb::arg("database"));
  module.def(
      "describe_schema",
      [](const Path& database) { return to_python(wire::to_json(without_gil([&] { return describe_schema(database); }))); },
      nb::arg("database"));
  module.def(
      "migrate",
      [](const Path& database, int target, bool dry_run, bool backup) {
        return to_python(wire::to_json(without_gil([&] { return migrate_beamtime_file(database, {target, dry_run, backup}); })));
      },
      nb::arg("database"), nb::arg("target"), nb::arg("dry_run"), nb::arg("backup"));
  module.def(
      "init_data_root",
      [](const Path& root, std::optional<std::string> researcher, std::optional<std::string> zone) {
        const DataRootOptions options{std::move(researcher), std::move(zone)};
        return without_gil([&] { return init_data_root(root, options); });
      },
      nb::arg("root"), nb::arg("researcher") = nb::none(), nb::arg("zone") = nb::none());
  module.def("change_tags", &annotate_tags, nb::arg("database"), nb::arg("run"), nb::arg("tags"), nb::arg("add"));
  module.def("add_note", &annotate_note, nb::arg("database"), nb::arg("run"), nb::arg("text"), nb::arg("author") = nb::none());
  module.def("verify", &verify, nb::arg("database"), nb::arg("runs"), nb::arg("frames"), nb::arg("full"), nb::arg("threads"),
             nb::arg("progress") = nb::none());
  module.def("repair", &repair, nb::arg("database"), nb::arg("output") = nb::none(), nb::arg("threads") = 0,
             nb::arg("progress") = nb::none());
  module.def("recover", &recover, nb::arg("path"), nb::arg("dry_run"), nb::arg("progress") = nb::none());
  module.def("back_up", &back_up, nb::arg("database"), nb::arg("folder"), nb::arg("progress") = nb::none());
  module.def("check_backup", &check, nb::arg("folder"), nb::arg("frames"), nb::arg("threads"), nb::arg("progress") = nb::none());
}

}  // namespace resonance::python
