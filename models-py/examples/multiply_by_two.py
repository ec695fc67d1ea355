"""A function of two integers that returns one, written in LLVM IR with llvmlite: no TensorFlow, no XLA.

    python3 multiply_by_two.py > multiply_by_two.ll     (or: multiply_by_two.py FILE.ll)
    xlab import multiply_by_two.ll && xlab optimise && xlab verify && xlab show multiply_by_two --emit ll

The function multiplies its first argument by two and adds the second. It is written the long way round, as a beginner
or a code generator might, through variables on the stack, so that an optimiser has something to do.
"""

import sys

from llvmlite import ir


def build():
    """The module as text."""
    i32 = ir.IntType(32)
    module = ir.Module(name="multiply_by_two")
    function = ir.Function(module, ir.FunctionType(i32, (i32, i32)), name="multiply_by_two")
    number, addend = function.args
    number.name, addend.name = "number", "addend"
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    result = builder.alloca(i32, name="result")
    builder.store(number, result)
    doubled = builder.mul(builder.load(result), ir.Constant(i32, 2), name="doubled")
    builder.store(doubled, result)
    builder.ret(builder.add(builder.load(result), addend, name="sum"))
    return str(module)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w") as file:
            file.write(build())
    else:
        sys.stdout.write(build())
