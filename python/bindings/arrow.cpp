// The Arrow C data interface (arrow.apache.org/docs/format/CDataInterface.html): structs of pointers, and who frees them.
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "table.hpp"
#include "wire/wire_text.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};
}
constexpr std::int64_t kNullable = 2;

/// What a node of either kind owns. The node's pointers lead into it.
struct SchemaNode {
  std::string format, name, metadata;
  std::vector<ArrowSchema> nodes;
  std::vector<ArrowSchema*> children;
};
struct ArrayNode {
  std::shared_ptr<const Table> table;
  std::vector<const void*> buffers;
  std::vector<std::uint8_t> validity, bits;
  std::vector<std::int64_t> offsets;
  std::string text;
  std::vector<ArrowArray> nodes;
  std::vector<ArrowArray*> children;
};

template <class Arrow, class Node>
void release(Arrow* self) {
  for (auto* child : static_cast<Node*>(self->private_data)->children)
    if (child->release != nullptr) child->release(child);
  delete static_cast<Node*>(self->private_data);
  self->release = nullptr;
}

/// Key and value pairs, each with its length in front, as the interface wants them.
std::string metadata_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.empty()) return {};
  std::string out;
  const auto number = [&](std::size_t value) {
    const auto small = static_cast<std::int32_t>(value);
    out.append(reinterpret_cast<const char*>(&small), sizeof small);
  };
  number(pairs.size());
  for (const auto& [key, value] : pairs) {
    number(key.size());
    out += key;
    number(value.size());
    out += value;
  }
  return out;
}

ArrowSchema finish(SchemaNode* node, std::int64_t flags) {
  for (auto& child : node->nodes) node->children.push_back(&child);
  return {node->format.c_str(),
          node->name.c_str(),
          node->metadata.empty() ? nullptr : node->metadata.data(),
          flags,
          static_cast<std::int64_t>(node->children.size()),
          node->children.empty() ? nullptr : node->children.data(),
          nullptr,
          &release<ArrowSchema, SchemaNode>,
          node};
}

const char* format_of(const Column& column) {
  static constexpr const char* kFormats[] = {"g", "l", "L", "b", "U", "U"};
  return kFormats[column.values.index()];
}

/// Lists of fixed length from the outer extent to the inner one, then the numbers.
/// Whether a data key can be null does not depend on whether one is, so that tables of several runs can be put together.
ArrowSchema field(const Column& column, std::size_t depth, bool nullable) {
  auto* node = new SchemaNode;
  node->name = depth == 0 ? column.name : "item";
  node->format = depth == column.shape.size() ? format_of(column) : "+w:" + std::to_string(column.shape[depth]);
  if (depth == 0) {
    std::vector<std::pair<std::string, std::string>> pairs;
    if (column.units) pairs.emplace_back("units", *column.units);
    if (column.type_name() == "json") pairs.emplace_back("ARROW:extension:name", "arrow.json");
    node->metadata = metadata_of(pairs);
  }
  if (depth < column.shape.size()) node->nodes.push_back(field(column, depth + 1, false));
  return finish(node, nullable ? kNullable : 0);
}

std::vector<std::uint8_t> packed(const std::vector<std::uint8_t>& flags) {
  std::vector<std::uint8_t> out((flags.size() + 7) / 8);
  for (std::size_t i = 0; i < flags.size(); ++i) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | (flags[i] != 0 ? 1u << i % 8 : 0u));
  return out;
}

void lay_out_texts(ArrayNode& node, const Column& column) {
  node.offsets.push_back(0);
  for (std::uint64_t row = 0; row < column.rows; ++row) {
    if (column.is_valid(row)) {
      if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values))
        node.text += (*texts)[row];
      else
        wire::json_text_to(node.text, std::get<std::vector<Json>>(column.values)[row]);
    }
    node.offsets.push_back(static_cast<std::int64_t>(node.text.size()));
  }
  node.buffers.push_back(node.offsets.data());
  node.buffers.push_back(node.text.data());
}

void lay_out_values(ArrayNode& node, const Column& column) {
  std::visit(
      [&](const auto& values) {
        using Item = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<Item, std::string> || std::is_same_v<Item, Json>) {
          lay_out_texts(node, column);
        } else if constexpr (std::is_same_v<Item, std::uint8_t>) {
          node.bits = packed(values);
          node.buffers.push_back(node.bits.data());
        } else {
          node.buffers.push_back(values.data());
        }
      },
      column.values);
}

ArrowArray finish(ArrayNode* node, std::int64_t length, std::int64_t nulls) {
  for (auto& child : node->nodes) node->children.push_back(&child);
  return {length,
          nulls,
          0,
          static_cast<std::int64_t>(node->buffers.size()),
          static_cast<std::int64_t>(node->children.size()),
          node->buffers.empty() ? nullptr : node->buffers.data(),
          node->children.empty() ? nullptr : node->children.data(),
          nullptr,
          &release<ArrowArray, ArrayNode>,
          node};
}

ArrowArray array(const std::shared_ptr<const Table>& table, const Column& column, std::size_t depth, std::uint64_t length) {
  auto* node = new ArrayNode;
  node->table = table;
  std::int64_t nulls = 0;
  if (depth == 0 && !column.valid.empty()) {
    node->validity = packed(column.valid);
    for (const auto valid : column.valid) nulls += valid == 0 ? 1 : 0;
  }
  node->buffers.push_back(node->validity.empty() ? nullptr : node->validity.data());
  if (depth == column.shape.size())
    lay_out_values(*node, column);
  else
    node->nodes.push_back(array(table, column, depth + 1, length * column.shape[depth]));
  return finish(node, static_cast<std::int64_t>(length), nulls);
}

template <class Arrow>
nb::object capsule(Arrow made, const char* name) {
  auto* held = new Arrow(made);
  const auto destroy = [](PyObject* object) {
    auto* pointer = static_cast<Arrow*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    if (pointer->release != nullptr) pointer->release(pointer);  // nobody took it
    delete pointer;
  };
  return nb::steal(PyCapsule_New(held, name, destroy));
}

}  // namespace

nb::object arrow_schema(const Table& table) {
  auto* root = new SchemaNode;
  root->format = "+s";
  for (const auto& column : table.columns)  // an event always has the first two, seq_num and time
    root->nodes.push_back(field(column, 0, root->nodes.size() >= 2));
  return capsule(finish(root, 0), "arrow_schema");
}

nb::object arrow_array(const std::shared_ptr<const Table>& table) {
  auto* root = new ArrayNode;
  root->table = table;
  root->buffers.push_back(nullptr);
  for (const auto& column : table->columns) root->nodes.push_back(array(table, column, 0, table->rows));
  return capsule(finish(root, static_cast<std::int64_t>(table->rows), 0), "arrow_array");
}

}  // namespace resonance::python
