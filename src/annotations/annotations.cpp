#include "resonance/annotations.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <mutex>
#include <utility>

#include "annotations/statements.hpp"
#include "base/clock.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "beamtime/place.hpp"
#include "record/beamtime_file.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/run_writer.hpp"

namespace resonance {

namespace {

constexpr std::size_t kLongestNote = 64 << 10;  // bytes

AnnotationOptions completed(AnnotationOptions options) {
  if (!options.file_system) options.file_system = io::posix_file_system();
  if (!options.clock) options.clock = system_time;
  return options;
}

/// Before anything is written: a name that is no safe one is refused, and a file that is no beamtime is not made one.
std::filesystem::path require_beamtime(const std::filesystem::path& name) {
  auto database = beamtime::place_to_write(name).database;
  (void)Catalog(database);
  return database;
}

record::BeamtimeFileOptions file_options(const AnnotationOptions& options) {
  return {.busy_timeout = options.busy_timeout,
          .allow_network_file_system = options.allow_network_file_system,
          .sync_commits = false,
          .guest = true,
          .file_system = options.file_system};
}

void require_note(std::string_view text) {
  const auto refuse = [](std::string_view why) { throw Error(ErrorCode::invalid_argument, fmt::format("a note {}", why)); };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) refuse("must not be empty");
  if (text.size() > kLongestNote) refuse(fmt::format("has {} bytes; at most {} are taken, write two", text.size(), kLongestNote));
  if (!is_utf8(text)) refuse("must be UTF-8");
  if (text.find('\0') != std::string_view::npos) refuse("must not hold a NUL character");
}

}  // namespace

class Annotations::Impl {
 public:
  Impl(const std::filesystem::path& database, AnnotationOptions options)
      : database_(require_beamtime(database)),
        options_(completed(std::move(options))),
        process_(::getpid()),
        file_(std::make_unique<record::BeamtimeFile>(database_, file_options(options_))) {}

  std::vector<std::string> change_tags(std::string_view run, std::span<const std::string> tags,
                                       bool (annotations::Statements::*change)(std::string_view, std::string_view)) {
    for (const auto& tag : tags) require_label(tag, "tag");
    std::vector<std::string> changed;
    write(run, [&](annotations::Statements& statements, const std::string& uid) {
      for (const auto& tag : tags)
        if ((statements.*change)(uid, tag)) changed.push_back(tag);
      return !changed.empty();
    });
    return changed;
  }

  Note add_note(std::string_view run, std::string_view text, const std::optional<std::string>& author) {
    require_note(text);
    if (author) require_label(*author, "author");
    Note note{0, options_.clock(), author, std::string(text)};
    if (!std::isfinite(note.time)) throw Error(ErrorCode::invalid_argument, "the clock gives a time that is not finite");
    write(run, [&](annotations::Statements& statements, const std::string& uid) {
      statements.insert_note(uid, note);
      return true;
    });
    return note;
  }

  void close() {
    if (::getpid() != process_) return;  // after fork() the beamtime is the parent's
    const std::lock_guard lock(mutex_);
    if (!file_) return;
    const auto file = std::move(file_);  // the connection ends as well: it would keep the database in log mode
    file->close();
  }

 private:
  /// One transaction about one run, on stable storage at the end. `work` says whether it has changed anything.
  template <class Work>
  void write(std::string_view run, Work&& work) {
    if (::getpid() != process_)
      throw Error(ErrorCode::invalid_state, "these annotations belong to the parent process; open others after fork()");
    const std::lock_guard lock(mutex_);
    require_usable();
    const auto uid = Catalog(database_).run(run).uid();
    bool changed = false;
    annotations::Statements statements(file_->connection());
    file_->transact([&] {
      if (!statements.run_exists(uid)) throw Error(ErrorCode::not_found, fmt::format("{} has no run {} any more", database_.string(), uid));
      changed = work(statements, uid);
    });
    if (changed && options_.on_change) options_.on_change->run_changed(database_, uid);
    sync();
  }

  void require_usable() const {
    if (!file_) throw Error(ErrorCode::invalid_state, fmt::format("{} is closed for tags and notes", database_.string()));
    if (!failure_.empty())
      throw Error(ErrorCode::invalid_state, fmt::format("nothing more is written to {}: {}; open it anew", database_.string(), failure_));
  }

  /// A sync that failed is final: the kernel may have dropped the bytes, and would call the next one a success (invariant D5).
  void sync() {
    try {
      file_->sync_log();
    } catch (const Error& error) {
      failure_ = fmt::format("syncing: {}", error.what());
      throw;
    }
  }

  const std::filesystem::path database_;
  const AnnotationOptions options_;
  const int process_;
  std::mutex mutex_;                            // guards what follows
  std::unique_ptr<record::BeamtimeFile> file_;  // null: closed
  std::string failure_;                         // why nothing more is written; empty: nothing is wrong
};

namespace {

template <class Impl>
Impl& in_use(const std::unique_ptr<Impl>& impl) {
  if (!impl) throw Error(ErrorCode::invalid_state, "these annotations were moved away; use those that they were moved to");
  return *impl;
}

}  // namespace

Annotations::Annotations(const std::filesystem::path& database, AnnotationOptions options)
    : impl_(std::make_unique<Impl>(database, std::move(options))) {}
Annotations::~Annotations() = default;
Annotations::Annotations(Annotations&&) noexcept = default;
Annotations& Annotations::operator=(Annotations&&) noexcept = default;

std::vector<std::string> Annotations::add_tags(std::string_view run, std::span<const std::string> tags) {
  return in_use(impl_).change_tags(run, tags, &annotations::Statements::add_tag);
}

std::vector<std::string> Annotations::remove_tags(std::string_view run, std::span<const std::string> tags) {
  return in_use(impl_).change_tags(run, tags, &annotations::Statements::remove_tag);
}

Note Annotations::add_note(std::string_view run, std::string_view text, const std::optional<std::string>& author) {
  return in_use(impl_).add_note(run, text, author);
}

void Annotations::close() {
  if (impl_) impl_->close();
}

}  // namespace resonance
