/// Options of writers, from keyword arguments.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "resonance/exchange.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::python {

/// At least 0; more than three weeks, and infinity, are three weeks. \throws ValueError naming the argument
[[nodiscard]] std::chrono::milliseconds milliseconds(double seconds, const char* name);

/// codec, level, shuffle, compressor, shard_bytes, frames_per_chunk
[[nodiscard]] FrameOptions frame_options(nanobind::kwargs& arguments);
/// columns, delimiter, decimal, comment, skip
[[nodiscard]] TableReading table_reading(nanobind::kwargs& arguments);
/// data_root: keeps runs in the master index of that root.
[[nodiscard]] std::shared_ptr<RunListener> listener_option(nanobind::kwargs& arguments);
/// Keeps runs in the master index of the data root that the database lies in; null when it lies in none.
[[nodiscard]] std::shared_ptr<RunListener> listener_above(const std::filesystem::path& database);
/// All of RunWriterOptions but the seams of tests. Takes what it knows out of `arguments`. \throws TypeError for what is left
[[nodiscard]] RunWriterOptions writer_options(nanobind::kwargs& arguments);
void require_none_left(const nanobind::kwargs& arguments);

/// As resonance.models.SampleMetadata, or only the name.
[[nodiscard]] SampleMetadata sample_from(nanobind::handle sample);
/// An object with the attributes of resonance.models.SampleMetadata.
[[nodiscard]] nanobind::object to_python(const SampleMetadata& sample);

}  // namespace resonance::python
