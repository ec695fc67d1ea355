/** Tells bitcode, plain or in its wrapper, from text (llvm/Bitcode/BitcodeReader.h). */
export const isBitcode = (input: Uint8Array): boolean =>
  (input[0] === 0x42 && input[1] === 0x43) || (input[0] === 0xde && input[1] === 0xc0)
