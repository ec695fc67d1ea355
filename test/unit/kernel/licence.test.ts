import { expect, test } from 'vitest'
import { licenceOf } from '../../../src/kernel/licence.ts'

test.each([
  ['# SPDX-License-Identifier: Apache-2.0\nimport x', 'Apache-2.0'],
  [
    '; SPDX-License-Identifier: (MIT OR Apache-2.0 WITH LLVM-exception)\r\n',
    '(MIT OR Apache-2.0 WITH LLVM-exception)',
  ],
  ['/* SPDX-License-Identifier: MIT */', 'MIT'],
  ['<!-- SPDX-License-Identifier: LicenseRef-mine -->', 'LicenseRef-mine'],
  ['# SPDX-License-Identifier:\nimport x', undefined],
  ['import x', undefined],
])('%j states %j', (source, licence) => {
  expect(licenceOf(source)).toBe(licence)
})
