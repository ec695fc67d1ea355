/** Commands around the work: what there is, how xlab is set up, and whether it is well. */
import type { Command } from './command.ts'
import { filter, format, json, llvm } from './shared-options.ts'

export const TOOL_COMMANDS: readonly Command[] = [
  {
    name: 'models',
    summary: 'the models that can be harvested by name',
    options: [json],
    examples: ['xlab models'],
    load: () => import('./tools/models.ts'),
  },
  {
    name: 'kernels',
    summary: 'the kernels in the database',
    options: [filter, format],
    examples: ['xlab kernels --filter model:cnn', 'xlab kernels -o csv'],
    load: () => import('./look/kernels.ts'),
  },
  {
    name: 'hosts',
    arguments: '[name...]',
    summary: 'machines that can run builds, and their state',
    options: [json],
    examples: ['xlab hosts', 'xlab hosts docker --json'],
    load: () => import('./tools/hosts.ts'),
  },
  {
    name: 'host',
    arguments: '<action> [name]',
    summary: "host probe NAME: a host's CPU and features, as code is compiled for it",
    options: [json],
    examples: ['xlab host probe local'],
    load: () => import('./tools/host.ts'),
  },
  {
    name: 'init',
    summary: 'write a commented xlab.yaml: hosts and language models of your own',
    options: [['--force', 'also where there is one already']],
    examples: ['xlab init', 'xlab init --config lab.yaml'],
    load: () => import('./tools/init.ts'),
  },
  {
    name: 'completion',
    arguments: '<shell>',
    summary: 'what bash, zsh or fish sources to complete commands, options, models, kernels, …',
    examples: [
      'source <(xlab completion bash)',
      'source <(xlab completion zsh)',
      'xlab completion fish | source',
    ],
    load: () => import('./completion/script.ts'),
  },
  {
    name: 'doctor',
    summary: 'what is used, what is missing, and the command that mends it',
    options: [llvm, json],
    examples: ['xlab doctor'],
    load: () => import('./tools/doctor.ts'),
  },
  {
    name: 'clean',
    summary: 'remove containers and work folders left by a crash',
    examples: ['xlab clean'],
    load: () => import('./tools/clean.ts'),
  },
  {
    name: 'test',
    arguments: '[lane...]',
    summary: "run xlab's own tests: unit, integration, docker, hosts, llm-hf, web",
    examples: ['xlab test unit integration'],
    load: () => import('./tools/test.ts'),
  },
]
