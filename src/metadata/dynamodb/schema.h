// What the two tables look like, as data: keys, indexes, what each index projects. init_tables() makes it and
// check_tables() holds it against what is there. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/json_tree.h"

namespace lazaret::dynamo {

struct IndexSchema {
  std::string_view name;
  std::string_view partition;
  std::string_view sort;
  std::vector<std::string_view> projected;  // beside the keys; none: keys only
};

struct TableSchema {
  std::string name;
  std::string_view partition;
  std::string_view sort;  // empty: none
  std::vector<IndexSchema> indexes;
  std::string_view expires;  // the attribute of TTL; empty: none
};

// The documents, and the rows beside them.
std::vector<TableSchema> schema_of(const std::string& table);

std::string create_table_body(const TableSchema& table, bool deletion_protection);
// Adds one index to a table that lacks it; with throughput where the table is billed by it (`throughput` > 0).
std::string add_index_body(const TableSchema& table, const IndexSchema& index, std::uint64_t throughput);

struct Drift {
  std::string what;  // "table medical-documents, index by-date"
  std::string expected;
  std::string found;
};

// A table as DescribeTable tells it.
struct DescribedTable {
  std::string status;
  bool deletion_protection = false;
  std::uint64_t throughput = 0;  // provisioned writes; 0: billed by request
  struct Index {
    std::string name;
    std::string status;
    std::string keys;        // "_lp, _lk"
    std::string projection;  // "ALL", "KEYS_ONLY", or the attributes, sorted
    std::vector<std::string> projected;
  };
  std::string keys;
  std::vector<Index> indexes;
  const Index* find(std::string_view name) const;
  // The table and every index of it.
  bool active() const;
};

Result<DescribedTable> described_from(const json::Node& reply);
std::vector<Drift> drift_of(const TableSchema& table, const DescribedTable& found);

}  // namespace lazaret::dynamo
