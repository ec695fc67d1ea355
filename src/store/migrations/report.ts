/** What large reports and results need to be quick. */
export const report = `
-- Builds whose objects need symbols from outside, without a look at all others and their command lines.
CREATE INDEX build_outside ON build(kernel_hash, undefined_symbols) WHERE input = 'kernel' AND undefined_symbols <> '[]';
`
