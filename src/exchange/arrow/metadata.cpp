// Field numbers and enumerators are those of the format's Schema.fbs, Message.fbs and File.fbs (columnar format 1.x, metadata V5):
// https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
// So few tables are needed that they are built directly, without generated code. Children come before their parents.
#include "exchange/arrow/metadata.hpp"

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::arrow {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::voffset_t;
using AnyTable = Offset<flatbuffers::Table>;

constexpr std::int16_t kMetadataVersion5 = 4;
enum Header : std::uint8_t { kSchema = 1, kRecordBatch = 3 };
enum Type : std::uint8_t { kInt = 2, kFloatingPoint = 3, kUtf8 = 5, kBool = 6, kFixedSizeList = 16 };
constexpr std::int16_t kDouble = 2;

constexpr voffset_t slot(int field) { return static_cast<voffset_t>(4 + 2 * field); }

struct FieldType {
  Type type;
  AnyTable table;
};

template <class Fill>
AnyTable make_table(FlatBufferBuilder& builder, const Fill& fill) {
  const auto start = builder.StartTable();
  fill();
  return {builder.EndTable(start)};
}

FieldType number_type(FlatBufferBuilder& b, bool is_signed) {
  return {kInt, make_table(b, [&] {
            b.AddElement<std::int32_t>(slot(0), 64, 0);  // bitWidth
            b.AddElement<std::uint8_t>(slot(1), is_signed ? 1 : 0, 0);
          })};
}

FieldType value_type(FlatBufferBuilder& b, const Column& column) {
  struct Visitor {
    FlatBufferBuilder& b;
    FieldType operator()(const std::vector<double>&) const {
      return {kFloatingPoint, make_table(b, [&] { b.AddElement<std::int16_t>(slot(0), kDouble, 0); })};
    }
    FieldType operator()(const std::vector<std::int64_t>&) const { return number_type(b, true); }
    FieldType operator()(const std::vector<std::uint64_t>&) const { return number_type(b, false); }
    FieldType operator()(const std::vector<std::uint8_t>&) const {
      return {kBool, make_table(b, [] {})};
    }
    FieldType operator()(const std::vector<std::string>&) const {
      return {kUtf8, make_table(b, [] {})};
    }
    FieldType operator()(const std::vector<Json>&) const {
      return {kUtf8, make_table(b, [] {})};
    }
  };
  return std::visit(Visitor{b}, column.values);
}

Offset<flatbuffers::Vector<AnyTable>> units_metadata(FlatBufferBuilder& b, const std::string& units) {
  const auto key = b.CreateString("units");
  const auto value = b.CreateString(units);
  const AnyTable pair = make_table(b, [&] {
    b.AddOffset(slot(0), key);
    b.AddOffset(slot(1), value);
  });
  return b.CreateVector(&pair, 1);
}

/// One Field. `units` null: none.
AnyTable field(FlatBufferBuilder& b, const std::string& name, const FieldType& type, const AnyTable* child, const std::string* units) {
  const auto text = b.CreateString(name);
  const auto children = b.CreateVector(child, child != nullptr ? 1 : 0);
  const auto metadata = units != nullptr ? units_metadata(b, *units) : 0;
  return make_table(b, [&] {
    b.AddOffset(slot(0), text);
    b.AddElement<std::uint8_t>(slot(1), 1, 0);  // nullable
    b.AddElement<std::uint8_t>(slot(2), type.type, 0);
    b.AddOffset(slot(3), type.table);
    b.AddOffset(slot(5), children);
    if (units != nullptr) b.AddOffset(slot(6), metadata);
  });
}

FieldType list_type(FlatBufferBuilder& b, const Column& column, std::uint64_t extent) {
  if (extent > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(ErrorCode::unsupported,
                fmt::format("column \"{}\": an extent of {} does not fit an Arrow list", printable(column.name), extent));
  return {kFixedSizeList, make_table(b, [&] { b.AddElement<std::int32_t>(slot(0), static_cast<std::int32_t>(extent), 0); })};
}

AnyTable column_field(FlatBufferBuilder& b, const Column& column) {
  const std::string* units = column.units ? &*column.units : nullptr;
  if (column.shape.empty()) return field(b, column.name, value_type(b, column), nullptr, units);
  if (std::holds_alternative<std::vector<std::string>>(column.values) || std::holds_alternative<std::vector<Json>>(column.values))
    throw Error(ErrorCode::invalid_argument, fmt::format("column \"{}\": text cannot have a shape", printable(column.name)));
  AnyTable inner = field(b, "item", value_type(b, column), nullptr, nullptr);
  for (std::size_t i = column.shape.size(); i-- > 1;) inner = field(b, "item", list_type(b, column, column.shape[i]), &inner, nullptr);
  return field(b, column.name, list_type(b, column, column.shape[0]), &inner, units);
}

/// Wrap the header in a Message and frame it for the stream.
std::vector<std::byte> framed(FlatBufferBuilder& b, Header kind, AnyTable header, std::int64_t body_bytes) {
  b.Finish(make_table(b, [&] {
    b.AddElement<std::int64_t>(slot(3), body_bytes, 0);
    b.AddOffset(slot(2), header);
    b.AddElement<std::int16_t>(slot(0), kMetadataVersion5, 0);
    b.AddElement<std::uint8_t>(slot(1), kind, 0);
  }));
  const std::uint32_t size = (b.GetSize() + 7) & ~7u;
  const std::uint32_t prefix[] = {flatbuffers::EndianScalar(0xFFFFFFFFu), flatbuffers::EndianScalar(size)};
  std::vector<std::byte> message(sizeof prefix + size);
  std::memcpy(message.data(), prefix, sizeof prefix);
  std::memcpy(message.data() + sizeof prefix, b.GetBufferPointer(), b.GetSize());
  return message;
}

AnyTable schema_of(FlatBufferBuilder& b, const Table& table) {
  std::vector<AnyTable> fields;
  for (const auto& column : table.columns) fields.push_back(column_field(b, column));
  const auto vector = b.CreateVector(fields);
  return make_table(b, [&] { b.AddOffset(slot(1), vector); });  // endianness: little is the default
}

/// A vector of FlatBuffers structs, whose members are int64 or padded to that, as our own are.
template <class Struct>
Offset<void> structs(FlatBufferBuilder& b, const std::vector<Struct>& items) {
  static_assert(sizeof(Struct) % sizeof(std::int64_t) == 0);
  b.StartVector(items.size() * sizeof(Struct) / sizeof(std::int64_t), sizeof(std::int64_t));
  b.PushBytes(reinterpret_cast<const std::uint8_t*>(items.data()), items.size() * sizeof(Struct));
  return Offset<void>(b.EndVector(items.size()));
}

}  // namespace

std::vector<std::byte> schema_message(const Table& table) {
  FlatBufferBuilder b;
  return framed(b, kSchema, schema_of(b, table), 0);
}

std::vector<std::byte> batch_message(std::uint64_t rows, const Body& body) {
  static_assert(sizeof(Node) == 16 && sizeof(Extent) == 16);  // FieldNode and Buffer
  FlatBufferBuilder b;
  const auto nodes = structs(b, body.nodes());
  const auto buffers = structs(b, body.extents());
  const AnyTable batch = make_table(b, [&] {
    b.AddElement<std::int64_t>(slot(0), static_cast<std::int64_t>(rows), 0);
    b.AddOffset(slot(1), nodes);
    b.AddOffset(slot(2), buffers);
  });
  return framed(b, kRecordBatch, batch, body.bytes());
}

std::vector<std::byte> file_footer(const Table& table, const std::vector<Block>& batches) {
  static_assert(sizeof(Block) == 24);
  FlatBufferBuilder b;
  const AnyTable schema = schema_of(b, table);
  const auto dictionaries = structs(b, std::vector<Block>{});
  const auto blocks = structs(b, batches);
  b.Finish(make_table(b, [&] {
    b.AddElement<std::int16_t>(slot(0), kMetadataVersion5, 0);
    b.AddOffset(slot(1), schema);
    b.AddOffset(slot(2), dictionaries);
    b.AddOffset(slot(3), blocks);
  }));
  const std::uint32_t size = flatbuffers::EndianScalar(b.GetSize());
  std::vector<std::byte> footer(b.GetSize() + sizeof size + kFileMark.size());
  std::memcpy(footer.data(), b.GetBufferPointer(), b.GetSize());
  std::memcpy(footer.data() + b.GetSize(), &size, sizeof size);
  std::memcpy(footer.data() + b.GetSize() + sizeof size, kFileMark.data(), kFileMark.size());
  return footer;
}

}  // namespace resonance::arrow
