resource "google_pubsub_topic" "this" {
  for_each = toset(["agent-events", "gmail-notifications", "task-sync"])

  project = local.project_id
  name    = each.value
}

# Gmail itself. Where this is refused ("users named in the policy do not belong to a permitted customer"), the organisation
# policy iam.allowedPolicyMemberDomains is in the way: docs/deploy.md, "Organisation policies", says what to do.
resource "google_pubsub_topic_iam_member" "gmail_publishes" {
  project = local.project_id
  topic   = google_pubsub_topic.this["gmail-notifications"].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:gmail-api-push@system.gserviceaccount.com"
}

locals {
  # Subscriptions that are pushed to functions, named after them, and those of agents.
  function_subscriptions = { for name, function in local.functions : name => function.listens if function.listens != null }

  subscriptions = merge(
    { for name, subscription in google_pubsub_subscription.function : name => subscription.name },
    { for name, subscription in google_pubsub_subscription.agent : name => subscription.name },
  )

  retry_seconds  = { min = 10, max = 600 }
  month_seconds  = 31 * 24 * 3600
  week_seconds   = 7 * 24 * 3600
  push_attempts  = 20
  agent_attempts = 100
}

resource "google_pubsub_subscription" "function" {
  for_each = local.function_subscriptions

  project = local.project_id
  name    = each.key
  topic   = google_pubsub_topic.this[each.value].id

  # Also the limit of the request, so it follows the function's own.
  ack_deadline_seconds       = local.scaling_of[each.key].timeout_seconds
  message_retention_duration = "${local.week_seconds}s"

  push_config {
    push_endpoint = module.function[each.key].url

    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = module.function[each.key].url
    }
  }

  retry_policy {
    minimum_backoff = "${local.retry_seconds.min}s"
    maximum_backoff = "${local.retry_seconds.max}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters[each.key].id
    max_delivery_attempts = local.push_attempts
  }

  expiration_policy {
    ttl = ""
  }

  # Without these Pub/Sub can neither sign in nor put a message aside.
  depends_on = [google_service_account_iam_member.pubsub_signs_in, google_pubsub_topic_iam_member.dead_letters]
}

# For agents, as var.event_subscriptions says: pulled, or pushed to an address of theirs.
resource "google_pubsub_subscription" "agent" {
  for_each = var.event_subscriptions

  project = local.project_id
  name    = each.key
  topic   = google_pubsub_topic.this["agent-events"].id
  filter  = each.value.filter

  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${local.week_seconds}s"
  enable_message_ordering    = each.value.ordered
  # Exactly-once delivery is for pull only.
  enable_exactly_once_delivery = each.value.push_endpoint == null

  dynamic "push_config" {
    for_each = each.value.push_endpoint == null ? [] : [each.value.push_endpoint]

    content {
      push_endpoint = push_config.value

      oidc_token {
        service_account_email = google_service_account.agent_push.email
        audience              = push_config.value
      }
    }
  }

  retry_policy {
    minimum_backoff = "${local.retry_seconds.min}s"
    maximum_backoff = "${local.retry_seconds.max}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters[each.key].id
    max_delivery_attempts = local.agent_attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_service_account_iam_member.pubsub_signs_in, google_pubsub_topic_iam_member.dead_letters]
}

resource "google_pubsub_subscription_iam_member" "agent" {
  for_each = { for grant in flatten([
    for name, subscription in var.event_subscriptions : [
      for member in subscription.members : { subscription = name, member = member }
    ]
  ]) : "${grant.subscription} ${grant.member}" => grant }

  project      = local.project_id
  subscription = google_pubsub_subscription.agent[each.value.subscription].name
  role         = "roles/pubsub.subscriber"
  member       = each.value.member
}

# ── Dead letters: a topic of its own for each subscription, and one that keeps them until somebody looks ──────────────

resource "google_pubsub_topic" "dead_letters" {
  for_each = toset(concat(keys(local.function_subscriptions), keys(var.event_subscriptions)))

  project = local.project_id
  name    = "${each.value}-dead-letters"
}

resource "google_pubsub_subscription" "dead_letters" {
  for_each = google_pubsub_topic.dead_letters

  project                    = local.project_id
  name                       = each.value.name
  topic                      = each.value.id
  ack_deadline_seconds       = 600
  message_retention_duration = "${local.month_seconds}s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = google_pubsub_topic.dead_letters

  project = local.project_id
  topic   = each.value.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = google_pubsub_topic.dead_letters

  project      = local.project_id
  subscription = local.subscriptions[each.key]
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
