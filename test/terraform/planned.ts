import * as z from 'zod';
import { valuesOf, type Plan } from './plan';

/** Resources of a plan, as far as something is expected of them. */

const oidcToken = z.tuple([z.object({ audience: z.string(), service_account_email: z.string() })]);

export function plannedFunctions(plan: Plan) {
  return valuesOf(plan, 'google_cloudfunctions2_function', {
    name: z.string(),
    build_config: z.tuple([z.object({ entry_point: z.string() })]),
    service_config: z.tuple([
      z.object({
        environment_variables: z.record(z.string(), z.string()),
        secret_environment_variables: z.array(z.object({ key: z.string() })).default([]),
        ingress_settings: z.string(),
        max_instance_count: z.number(),
        timeout_seconds: z.number(),
        service_account_email: z.string(),
      }),
    ]),
  }).map(({ name, build_config: [build], service_config: [service] }) => ({ name, ...build, ...service }));
}

export function plannedSubscriptions(plan: Plan) {
  return valuesOf(plan, 'google_pubsub_subscription', {
    name: z.string(),
    ack_deadline_seconds: z.number(),
    message_retention_duration: z.string(),
    enable_message_ordering: z.boolean().nullable().default(null),
    enable_exactly_once_delivery: z.boolean().nullable().default(null),
    expiration_policy: z.tuple([z.object({ ttl: z.string() })]),
    dead_letter_policy: z.array(z.object({ max_delivery_attempts: z.number() })).default([]),
    retry_policy: z.array(z.object({ minimum_backoff: z.string(), maximum_backoff: z.string() })).default([]),
    push_config: z.array(z.object({ push_endpoint: z.string(), oidc_token: oidcToken })).default([]),
  });
}

export function plannedJobs(plan: Plan) {
  return valuesOf(plan, 'google_cloud_scheduler_job', {
    name: z.string(),
    attempt_deadline: z.string(),
    http_target: z.tuple([z.object({ http_method: z.string(), uri: z.string(), oidc_token: oidcToken })]),
  });
}

/** The lines that metrics count: of which function, with which message, and the field whose value is taken, if any. */
export function plannedSignals(plan: Plan) {
  return valuesOf(plan, 'google_logging_metric', {
    name: z.string(),
    filter: z.string(),
    value_extractor: z.string().nullable().default(null),
  })
    .filter(({ filter }) => filter.includes('cloud_run_revision'))
    .map(({ name, filter, value_extractor }) => ({
      name,
      service: /service_name="([^"]+)"/.exec(filter)?.[1] ?? '',
      message: /jsonPayload\.message="([^"]+)"/.exec(filter)?.[1] ?? '',
      field: /^EXTRACT\(jsonPayload\.(\w+)\)$/.exec(value_extractor ?? '')?.[1] ?? '',
    }));
}

export function plannedIndexes(plan: Plan) {
  const field = z.object({
    field_path: z.string(),
    order: z.string().nullable(),
    array_config: z.string().nullable(),
  });
  return valuesOf(plan, 'google_firestore_index', { collection: z.string(), fields: z.array(field) });
}

export function plannedFields(plan: Plan) {
  return valuesOf(plan, 'google_firestore_field', {
    collection: z.string(),
    field: z.string(),
    index_config: z.tuple([z.object({ indexes: z.array(z.unknown()).default([]) })]),
    ttl_config: z.array(z.unknown()).default([]),
  });
}

/** Whether a field, as `collection.field`, has an index of its own: by itself, by its collection's `*`, or by default. */
export function isIndexed(plan: Plan): (path: string) => boolean {
  const overrides = new Map(
    plannedFields(plan).map(({ collection, field, index_config: [{ indexes }] }) => [
      `${collection}.${field}`,
      indexes.length > 0,
    ]),
  );
  return (path) => overrides.get(path) ?? overrides.get(path.replace(/\..*$/, '.*')) ?? true;
}
