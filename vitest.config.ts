import { defineConfig } from 'vitest/config'

const lane = (name: string, testTimeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout },
})

/** Unit tests mock no module, so files share a worker's: half the lane would be imports. */
const unit = { test: { ...lane('unit', 5_000).test, isolate: false } }

export default defineConfig({
  test: {
    projects: [
      unit,
      lane('integration', 300_000),
      lane('docker', 900_000),
      lane('hosts', 300_000),
      lane('llm-hf', 900_000),
      lane('web', 60_000),
    ],
  },
})
