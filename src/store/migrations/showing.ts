/** How much of a kernel a language model could be shown. */
export const showing = `
CREATE TABLE showing (        -- how a kernel was shown to a language model, and what that cost
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  model TEXT NOT NULL,        -- the model's own name
  context_tokens INTEGER NOT NULL, -- its window, prompt and reply together
  dialect TEXT NOT NULL,
  strategy TEXT NOT NULL,     -- passes | rewrite | hints
  form TEXT NOT NULL,         -- whole | compacted | sliced | summarised | refused
  notation TEXT NOT NULL,     -- ir | own | none
  lines INTEGER NOT NULL,     -- of the kernel's IR
  tokens_before INTEGER NOT NULL, -- of the kernel's IR
  tokens_after INTEGER NOT NULL,  -- of what was shown of it
  counted TEXT NOT NULL,      -- exact (the server's tokenizer) | estimated
  PRIMARY KEY (kernel_hash, model, context_tokens, dialect, strategy)
) STRICT, WITHOUT ROWID;
`
