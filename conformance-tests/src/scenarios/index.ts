import type { Scenario } from '../run/scenario.ts';
import * as attributes from './attributes.ts';
import * as backpressure from './backpressure.ts';
import * as closingClient from './closing-client.ts';
import * as crashedProducer from './crashed-producer.ts';
import * as cutOff from './cut-off.ts';
import * as deadLetters from './dead-letters.ts';
import * as deadlines from './deadlines.ts';
import * as deletedGroup from './deleted-group.ts';
import * as deletedTopic from './deleted-topic.ts';
import * as delivery from './delivery.ts';
import * as editedLetters from './edited-letters.ts';
import * as errors from './errors.ts';
import * as expiry from './expiry.ts';
import * as failingSends from './failing-sends.ts';
import * as faults from './faults.ts';
import * as formats from './formats.ts';
import * as freed from './freed.ts';
import * as fidelity from './fidelity.ts';
import * as fullProducer from './full-producer.ts';
import * as groups from './groups.ts';
import * as health from './health.ts';
import * as interruptedRedrive from './interrupted-redrive.ts';
import * as listedMembers from './listed-members.ts';
import * as laterAttempts from './later-attempts.ts';
import * as keyedGrowth from './keyed-growth.ts';
import * as lastResorts from './last-resorts.ts';
import * as lettersRefused from './letters-refused.ts';
import * as lifecycle from './lifecycle.ts';
import * as newGroup from './new-group.ts';
import * as ordering from './ordering.ts';
import * as outages from './outages.ts';
import * as overdueHandOver from './overdue-hand-over.ts';
import * as recreatedTopic from './recreated-topic.ts';
import * as replay from './replay.ts';
import * as replayEnd from './replay-end.ts';
import * as resharding from './resharding.ts';
import * as retention from './retention.ts';
import * as startPlaces from './start-places.ts';
import * as storedTime from './stored-time.ts';
import * as retry from './retry.ts';
import * as throttled from './throttled.ts';
import * as tombstones from './tombstones.ts';
import * as twoTopics from './two-topics.ts';
import * as ready from './ready.ts';
import * as start from './start.ts';
import * as views from './views.ts';
import * as turns from './turns.ts';
import * as versions from './versions.ts';

const families = [
  attributes,
  backpressure,
  closingClient,
  crashedProducer,
  cutOff,
  deadLetters,
  deadlines,
  deletedGroup,
  deletedTopic,
  delivery,
  editedLetters,
  errors,
  expiry,
  failingSends,
  faults,
  fidelity,
  formats,
  freed,
  fullProducer,
  groups,
  health,
  interruptedRedrive,
  listedMembers,
  laterAttempts,
  keyedGrowth,
  lastResorts,
  lettersRefused,
  lifecycle,
  newGroup,
  ordering,
  outages,
  overdueHandOver,
  recreatedTopic,
  replay,
  replayEnd,
  resharding,
  retention,
  retry,
  throttled,
  tombstones,
  twoTopics,
  startPlaces,
  storedTime,
  ready,
  start,
  turns,
  versions,
  views,
];

/** Every scenario of the suite, in the order of their ids. */
export const scenarios: readonly Scenario[] = families
  .flatMap((family): Scenario[] => Object.values(family))
  .toSorted((a, b) => (a.id < b.id ? -1 : 1));
