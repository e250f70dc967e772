#include "aws/profile_file.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace lazaret::aws {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Lookup lookup_in(Variables variables) {
  return [all = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = all.find(name);
    if (found == all.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

Profiles profiles_of(std::string_view config, std::string_view credentials = "") {
  Profiles profiles;
  EXPECT_TRUE(parse_profiles(config, ProfileFile::kConfig, "config", profiles));
  EXPECT_TRUE(parse_profiles(credentials, ProfileFile::kCredentials, "credentials", profiles));
  return profiles;
}

TEST(ProfileFile, KnowsProfilesCommentsAndNestedProperties) {
  const Profiles profiles = profiles_of(
      "# a comment\n"
      "[default]\n"
      "region = eu-west-1 ; and why\n"
      "[profile lab]\r\n"
      "Region=us-east-2\r\n"
      "s3 =\n"
      "  addressing_style = path\n"
      "\n"
      "[services local]\n"
      "dynamodb =\n"
      "    endpoint_url = http://localhost:8000\n"
      "[plugins]\n"
      "cli_legacy = /x#y\n");
  EXPECT_EQ(profiles.find("default")->at("region"), "eu-west-1");
  EXPECT_EQ(profiles.find("lab")->at("region"), "us-east-2");
  EXPECT_EQ(profiles.find("lab")->at("s3.addressing_style"), "path");
  EXPECT_EQ(profiles.services.at("local").at("dynamodb.endpoint_url"), "http://localhost:8000");
  EXPECT_EQ(profiles.find("plugins"), nullptr);
}

TEST(ProfileFile, TheCredentialsFileWinsAndHasPlainNames) {
  const Profiles profiles = profiles_of("[profile lab]\naws_access_key_id = config\nregion = r\n",
                                        "[lab]\naws_access_key_id = credentials\n[profile other]\nx = y\n");
  EXPECT_EQ(profiles.find("lab")->at("aws_access_key_id"), "credentials");
  EXPECT_EQ(profiles.find("lab")->at("region"), "r");
  EXPECT_EQ(profiles.find("other"), nullptr);
}

TEST(ProfileFile, APrefixedDefaultTakesThePlaceOfThePlainOne) {
  for (const char* text :
       {"[default]\na = 1\nb = 1\n[profile default]\na = 2\n", "[profile default]\na = 2\n[default]\na = 1\nb = 1\n"}) {
    const Profiles profiles = profiles_of(text);
    EXPECT_EQ(*profiles.find("default"), (Properties{{"a", "2"}}));
  }
}

TEST(ProfileFile, NamesTheLineThatIsNoneAndQuotesNoValue) {
  Profiles profiles;
  for (const char* text : {"[open\n", "x = before\n", "[a]\nsecret\n", "[a]\n  nested = 1\n"}) {
    const auto parsed = parse_profiles(text, ProfileFile::kConfig, "the file", profiles);
    ASSERT_FALSE(parsed) << text;
    const Fault fault = parsed.error().faults.at(0);
    EXPECT_EQ(fault.where, "AWS_CONFIG_FILE");
    EXPECT_TRUE(fault.detail.starts_with("the file, line ")) << fault.detail;
    EXPECT_FALSE(fault.detail.contains("secret"));
  }
}

TEST(ProfileFile, IsBounded) {
  Profiles profiles;
  EXPECT_FALSE(parse_profiles(std::string(kMaxProfileBytes + 1, '\n'), ProfileFile::kConfig, "f", profiles));
  std::string many;
  for (std::size_t i = 0; i <= kMaxProfileSections; ++i)
    many += "[a]\n";
  EXPECT_FALSE(parse_profiles(many, ProfileFile::kConfig, "f", profiles));
}

TEST(ProfileFile, IsReadFromHomeWhereNoVariableNamesIt) {
  const testing_support::TemporaryFolder home;
  std::filesystem::create_directory(home.path() / ".aws");
  std::ofstream(home.path() / ".aws" / "config") << "[default]\nregion = eu-north-1\n";
  const auto profiles = read_profiles(lookup_in({{"HOME", home.path()}}));
  ASSERT_TRUE(profiles);
  EXPECT_EQ(profiles->find("default")->at("region"), "eu-north-1");
}

TEST(ProfileFile, AFileThatIsNamedMustBeThere) {
  const auto profiles = read_profiles(lookup_in({{"AWS_CONFIG_FILE", "/nowhere/config"}}));
  ASSERT_FALSE(profiles);
  EXPECT_EQ(profiles.error().faults.at(0).where, "AWS_CONFIG_FILE");
  EXPECT_TRUE(read_profiles(lookup_in({{"HOME", "/nowhere"}})));
}

}  // namespace
}  // namespace lazaret::aws
