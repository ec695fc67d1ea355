/** What code can be made for: this machine, levels of x86-64, and ARM cores. */
import { environmentError, unknownName } from '../errors.ts'
import type { Target } from '../kernel/build.ts'
import { run, succeeded } from '../process/run.ts'
import { ensureToolchain, type Toolchain } from './toolchain.ts'

const X86 = 'x86_64-unknown-linux-gnu'
const ARM = 'aarch64-unknown-linux-gnu'

/** CPU names as LLVM knows them, by triple. */
const CPUS: Readonly<Record<string, readonly string[]>> = {
  [X86]: ['x86-64', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4'],
  [ARM]: ['cortex-a55', 'cortex-a72', 'cortex-a76', 'cortex-a78', 'cortex-x1', 'neoverse-n1', 'neoverse-v2'],
}

/** LLVM's data layout of each triple (llvm/lib/TargetParser/TargetDataLayout.cpp of LLVM 22). */
const LAYOUTS: Readonly<Record<string, string>> = {
  [X86]: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128',
  [ARM]: 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32',
}

const named = Object.entries(CPUS).flatMap(([triple, cpus]) =>
  cpus.map((cpu): Target => ({ name: cpu, triple, cpu, features: '' })),
)

/** Every name `--target` takes. */
export const TARGET_NAMES: readonly string[] = ['native', ...named.map(target => target.name)]

/** The target a person named. Throws a usage error with the nearest names for an unknown one. */
export async function resolveTarget(name: string, toolchain?: Toolchain): Promise<Target> {
  if (name === 'native') return nativeTarget(toolchain)
  const target = named.find(one => one.name === name)
  if (target === undefined) throw unknownName('target', name, TARGET_NAMES)
  return target
}

const native = new Map<string, Promise<Target>>()

/** This machine: its CPU and every feature, spelt out as LLVM sees them, so that builds can be repeated elsewhere. */
export async function nativeTarget(toolchain?: Toolchain): Promise<Target> {
  const llvm = toolchain ?? (await ensureToolchain())
  const target = native.get(llvm.libLlvm) ?? detect(llvm)
  native.set(llvm.libLlvm, target)
  return target
}

async function detect(toolchain: Toolchain): Promise<Target> {
  const triple = process.arch === 'arm64' ? ARM : X86
  const exit = await run(toolchain.bin('opt'), [`-mtriple=${triple}`, '-mcpu=native', '-S'], {
    input: 'define void @f() { ret void }',
    timeoutMs: 30_000,
  })
  const text = exit.stdout.toString('utf8')
  const cpu = /"target-cpu"="([^"]+)"/.exec(text)?.[1]
  if (!succeeded(exit) || cpu === undefined)
    throw environmentError(`LLVM does not know this machine's CPU`, 'name a target, e.g. --target x86-64-v2')
  const features = /"target-features"="([^"]*)"/.exec(text)?.[1] ?? ''
  return { name: 'native', triple, cpu, features: features.split(',').sort(byFeature).join(',') }
}

const byFeature = (a: string, b: string): number => a.slice(1).localeCompare(b.slice(1), 'en')

/** The data layout that IR for the target must have. */
export function dataLayout(target: Target): string {
  const layout = LAYOUTS[target.triple]
  if (layout === undefined) throw unknownName('triple', target.triple, Object.keys(LAYOUTS))
  return layout
}
