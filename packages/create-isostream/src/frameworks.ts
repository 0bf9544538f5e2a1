/** A framework: the folders of `templates` that make its project, and what they import. */
export interface Framework {
  readonly parts: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly compilerOptions?: Readonly<Record<string, boolean>>;
}

/** The version of all packages of isostream. */
export const ours: string = 'isostream';

export type FrameworkName = 'plain' | 'fastify' | 'nestjs' | 'express' | 'hono';

/** What each framework brings into a project. */
export const frameworks: Readonly<Record<FrameworkName, Framework>> = {
  plain: { parts: ['common', 'handlers', 'http', 'plain'], dependencies: {} },
  fastify: {
    parts: ['common', 'handlers', 'fastify'],
    dependencies: { '@isostream/fastify': ours, fastify: '^5.0.0' },
  },
  nestjs: {
    parts: ['common', 'nestjs'],
    dependencies: {
      '@isostream/nestjs': ours,
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
      '@nestjs/platform-express': '^12.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
    },
    compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: true },
  },
  express: {
    parts: ['common', 'handlers', 'http', 'express'],
    dependencies: { express: '^5.0.0' },
    devDependencies: { '@types/express': '^5.0.0' },
  },
  hono: {
    parts: ['common', 'handlers', 'http', 'hono'],
    dependencies: { hono: '^4.0.0', '@hono/node-server': '^2.0.0' },
  },
};
