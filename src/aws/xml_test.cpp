#include "aws/xml.h"

#include <string>

#include <gtest/gtest.h>

namespace lazaret::aws {
namespace {

TEST(Xml, IsATreeOfNamesAndTexts) {
  const auto root = parse_xml("<a><b>1</b><b>2 &lt;&amp;</b><c><d/></c></a>");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->name, "a");
  ASSERT_EQ(root->children.size(), 3U);
  EXPECT_EQ(root->text_of("b"), "1");
  EXPECT_EQ(root->children[1].text, "2 <&");
  EXPECT_NE(root->find("c")->find("d"), nullptr);
  EXPECT_EQ(root->find("e"), nullptr);
}

TEST(Xml, IsRefusedOverEveryLimit) {
  const XmlLimits limits{.bytes = 60, .elements = 3, .depth = 2};
  EXPECT_TRUE(parse_xml("<a><b/><c/></a>", limits));
  EXPECT_FALSE(parse_xml("<a><b/><c/><d/></a>", limits));
  EXPECT_FALSE(parse_xml("<a><b><c/></b></a>", limits));
  EXPECT_FALSE(parse_xml("<a>" + std::string(60, 'x') + "</a>", limits));
}

TEST(Xml, NeverExpandsAnEntity) {
  EXPECT_FALSE(parse_xml("<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>"));
  EXPECT_FALSE(parse_xml("<!DOCTYPE a SYSTEM \"file:///etc/hostname\"><a/>"));
  EXPECT_FALSE(parse_xml("<a>&b;</a>"));
}

}  // namespace
}  // namespace lazaret::aws
