/** The licence a source file states of itself. Format: the SPDX specification, annex E, "SPDX-License-Identifier". */

/** Characters looked through: such a line stands at the head of a file. */
const HEAD = 4096
const LINE = /SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+():\- ]{1,200})/

/** The SPDX expression in the first such line; undefined where there is none. */
export const licenceOf = (source: string): string | undefined =>
  LINE.exec(source.slice(0, HEAD))?.[1]?.replace(/[ -]+$/, '') || undefined
