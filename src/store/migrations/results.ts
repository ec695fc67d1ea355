/** What the view of all results needs to be quick at ten thousand kernels. */
export const results = `
-- Builds by kernel, with what the view \`result\` shows of them: one after the other, where their hashes lie scattered
-- among command lines. A quarter less time for that view.
CREATE INDEX build_result ON build(kernel_hash, hash, state, reason, content_hash, code_bytes, rodata_bytes, object_bytes, instructions);
-- Proposals in the order that view groups them.
CREATE INDEX proposal_result ON proposal(kernel_hash, target_id, proposer, build_hash, id);
`
