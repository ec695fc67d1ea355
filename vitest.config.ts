import { defineConfig } from 'vitest/config'

const lane = (name: string, testTimeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout },
})

export default defineConfig({
  test: {
    projects: [
      lane('unit', 5_000),
      lane('integration', 300_000),
      lane('docker', 900_000),
      lane('hosts', 300_000),
      lane('llm-hf', 900_000),
      lane('web', 60_000),
    ],
  },
})
