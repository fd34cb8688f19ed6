/// What verbs share that know of data roots and their master index.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app.hpp"
#include "resonance/annotations.hpp"
#include "resonance/index.hpp"
#include "resonance/search.hpp"

namespace resonance::cli {

/// Keeps what a verb records into the beamtime in the index of the data root that it lies in, if it lies in one.
[[nodiscard]] std::shared_ptr<RunListener> listener_for(Session& session, const std::filesystem::path& database);

/// For tags and notes, the same.
[[nodiscard]] AnnotationOptions annotation_options(Session& session, const std::filesystem::path& database);

/// A folder with a master index in it.
[[nodiscard]] bool is_data_root(const std::filesystem::path& path);

/// The zone of the data root which the path is, or lies in; nothing without one, and where its index is broken.
[[nodiscard]] std::optional<std::string> zone_of_root(const std::filesystem::path& root_or_beamtime);

/// From now on local time is that of the data root which the path is, or lies in; without one it stays this machine's.
void use_clocks_of(const std::filesystem::path& root_or_beamtime);

/// IANA name of the time zone of local time; nothing when it has none.
[[nodiscard]] std::optional<std::string> local_zone();

/// `field:"text"` of the query language, with the text's own quotes and backslashes taken as such; its wildcards stay wildcards.
[[nodiscard]] std::string query_term(std::string_view field, std::string_view text);
/// Whether it asks for something: an empty query is every run.
[[nodiscard]] bool is_blank(std::string_view query);
/// After an answer that is empty: how the query was read, and what may have been meant. Nothing of an empty query.
void tell_how_read(Session& session, const Explanation& explanation);
/// Behind a list: runs that begin when nobody can have recorded them, and are "the newest" for ever.
void tell_odd_times(Session& session, const std::vector<FoundRun>& runs);
/// Words of a command line as one query.
[[nodiscard]] std::string query_of(const std::vector<std::string>& words);

/// Runs in columns. `names_run`: whether these digits name this run and no other.
[[nodiscard]] std::string run_table(const std::vector<FoundRun>& runs, bool with_beamtime,
                                    const std::function<bool(const std::string& digits, const std::string& uid)>& names_run);

/// How many digits of each uid are enough, eight at least.
[[nodiscard]] std::vector<std::size_t> prefix_lengths(
    const std::vector<std::string>& uids, const std::function<bool(const std::string& digits, const std::string& uid)>& names_run);

}  // namespace resonance::cli
