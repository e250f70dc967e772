// What relationships, fields and formulas of office documents lead to or start, each by its own text. Pure but for the
// findings.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

// `type` is the address of the relationship's kind; `target` leads outside the document.
void judge_relationship(std::string_view type, std::string_view target, FindingSink& findings, const Spot& spot);
// Whether a relationship of this kind brings code, wherever it leads.
bool brings_code(std::string_view type);

// A field's instruction as it stands in the document: DDEAUTO c:\\program "topic".
void judge_field(std::string_view instruction, FindingSink& findings, const Spot& spot);
// What QUOTE 68 68 69 spells; empty for every other instruction.
std::string quoted_numbers(std::string_view instruction);

void judge_formula(std::string_view formula, FindingSink& findings, const Spot& spot);
// A name that a workbook runs by itself.
bool runs_by_itself(std::string_view defined_name);

// An address that a program asks for data by itself or after a question.
enum class Asking { kByItself, kFirst };
void judge_source(std::string_view target, Asking asking, FindingSink& findings, const Spot& spot);

}  // namespace lazaret::sandbox
