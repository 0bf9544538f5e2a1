export { adapterFiles } from './adapter-project.ts';
export { existingFiles, writeNewFiles } from './files.ts';
export { firstConsumer } from './first-consumer.ts';
export { type Framework, type FrameworkName, frameworks } from './frameworks.ts';
export { projectFiles, type ProjectChoice } from './project.ts';
export { configFile, type ProviderStart, providerStarts, type TemplateProvider } from './providers.ts';
export { brokerStep } from './steps.ts';
