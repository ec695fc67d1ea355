; ModuleID = "multiply_by_two"
target triple = "unknown-unknown-unknown"
target datalayout = ""

define i32 @"multiply_by_two"(i32 %"number", i32 %"addend")
{
entry:
  %"result" = alloca i32
  store i32 %"number", i32* %"result"
  %".5" = load i32, i32* %"result"
  %"doubled" = mul i32 %".5", 2
  store i32 %"doubled", i32* %"result"
  %".7" = load i32, i32* %"result"
  %"sum" = add i32 %".7", %"addend"
  ret i32 %"sum"
}
