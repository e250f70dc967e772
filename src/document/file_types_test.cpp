#include "document/file_types.h"

#include <set>

#include <gtest/gtest.h>

namespace lazaret {
namespace {

TEST(FileTypes, HaveEachExtensionOnce) {
  std::set<std::string_view> extensions;
  for (const FileTypeRow& row : file_type_table()) {
    EXPECT_TRUE(extensions.insert(row.extension).second) << row.extension;
    EXPECT_EQ(find_file_type(row.extension), &row);
  }
}

TEST(FileTypes, AreNotFoundByAnotherExtension) {
  for (const char* extension : {"", "exe", "PDF", ".pdf", "pdf "}) {
    EXPECT_EQ(find_file_type(extension), nullptr) << extension;
  }
}

TEST(FileTypes, MayBeDeclaredByEveryNameOfTheirsAndByNone) {
  const FileTypeRow& json = *find_file_type("json");
  for (const char* name : {"application/json", "application/fhir+json", "text/json", "", "application/octet-stream"}) {
    EXPECT_TRUE(may_be_declared(json, name)) << name;
  }
}

TEST(FileTypes, MayNotBeDeclaredAsAnother) {
  const FileTypeRow& png = *find_file_type("png");
  for (const char* name : {"image/jpeg", "image/x-png image/png", "x-png", "text/html", "application/pdf"}) {
    EXPECT_FALSE(may_be_declared(png, name)) << name;
  }
}

}  // namespace
}  // namespace lazaret
