// Values as people write them into variables. Pure; the error is a sentence that says what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::config {

template <class T>
using Parsed = std::expected<T, std::string>;

Parsed<bool> parse_truth(std::string_view text);  // true false 1 0 yes no on off, any case
Parsed<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most);
// Bytes: `52428800`, `50MB`; KB, MB and GB are 2^10, 2^20 and 2^30.
Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t least, std::uint64_t most);
// `500ms`, `60s`, `5m`, `12h`, `30d`; a bare 0 is 0.
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds least,
                                                 std::chrono::milliseconds most);
// Comma-separated, trimmed, none empty; an empty text is no item.
Parsed<std::vector<std::string>> parse_list(std::string_view text);
// A numeric IPv4 or IPv6 address; `localhost` is 127.0.0.1.
Parsed<std::string> parse_host(std::string_view text);
bool is_loopback(std::string_view address);
// An absolute path that a Unix socket can have, or a loopback address and a port: `127.0.0.1:3310`, `[::1]:3310`;
// `localhost` becomes 127.0.0.1.
Parsed<std::string> parse_clamd_socket(std::string_view text);
// `http://` or `https://`, host, optional port and path; no query, fragment or user. Trailing slashes are cut.
Parsed<std::string> parse_base_url(std::string_view text);
// scheme://host[:port] and nothing more; as browsers send it: lower case, the scheme's own port left out.
Parsed<std::string> parse_origin(std::string_view text);
// A bucket's name as S3 allows them: 3 to 63 of a-z, 0-9, dot and hyphen, a letter or digit at both ends.
Parsed<std::string> parse_bucket(std::string_view text);
// A table's name as DynamoDB allows them, short enough for the suffix of a second table.
Parsed<std::string> parse_table(std::string_view text);
// Of a KMS key: an id, an alias or an ARN.
Parsed<std::string> parse_key_id(std::string_view text);
// `10.0.0.0/8`, `2001:db8::/32`, or one address.
Parsed<std::string> parse_network(std::string_view text);

}  // namespace lazaret::config
