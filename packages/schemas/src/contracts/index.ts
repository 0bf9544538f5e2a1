export type { Finding } from '../compatibility/comparison.ts';
export { type AsyncApi, type AsyncApiOptions, asyncApiOf } from './asyncapi.ts';
export { checkContracts, type ContractFinding } from './check.ts';
export { type Contract, describeTopics, readContract, type TopicContract } from './contract.ts';
export { registeredContract, type RegisteredContract } from './registered.ts';
