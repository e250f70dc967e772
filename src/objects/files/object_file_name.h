// Where the file store lays an object: <xx>/<yyyymmdd>-<document id>-<attempt>, the folder by the attempt's last,
// random byte. Only keys of make_object_key's exact form have a place, so no text from outside ever becomes a path;
// and as the name holds all of the key, names sort as keys do. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "document/document.h"

namespace lazaret {

inline constexpr std::size_t kObjectFolders = 256;

std::string object_folder_name(std::size_t index);  // "00" to "ff"

struct ObjectPlace {
  std::string folder;
  std::string name;
};

std::optional<ObjectPlace> object_place(const ObjectKey& key);

// The inverse; nullopt for names that no object has.
std::optional<ObjectKey> object_key_of(std::string_view name);

}  // namespace lazaret
