export type { Finding } from '../compatibility/comparison.ts';
export { checkContracts, type ContractFinding } from './check.ts';
export { type Contract, describeTopics, readContract, type TopicContract } from './contract.ts';
