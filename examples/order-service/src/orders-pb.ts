import type { Message } from '@bufbuild/protobuf';
import { type GenFile, type GenMessage, fileDesc, messageDesc } from '@bufbuild/protobuf/codegenv2';

/** In the form of protoc-gen-es, of `orders.proto` beside it. */
const file_orders: GenFile = fileDesc(
  'CgxvcmRlcnMucHJvdG8SBHNob3AiMwoLT3JkZXJQbGFjZWQSDgoCaWQYASABKAlSAmlkEhQKBXRvdGFsGAIgASgBUgV0b3RhbCIdCgtPcmRlckJpbGxlZBIOCgJpZBgBIAEoCVICaWRiBnByb3RvMw',
);

export type OrderPlaced = Message<'shop.OrderPlaced'> & { id: string; total: number };
export type OrderBilled = Message<'shop.OrderBilled'> & { id: string };

export const OrderPlacedSchema: GenMessage<OrderPlaced> = messageDesc(file_orders, 0);
export const OrderBilledSchema: GenMessage<OrderBilled> = messageDesc(file_orders, 1);
