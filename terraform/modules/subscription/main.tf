# One subscription with what it needs to lose nothing: back-off, no expiry, and a topic for what nobody could take, with a
# subscription of its own that keeps it until somebody looks.

locals {
  week_seconds  = 7 * 24 * 3600
  month_seconds = 31 * 24 * 3600
}

resource "google_pubsub_subscription" "this" {
  project = var.project_id
  name    = var.name
  topic   = var.topic
  filter  = var.filter

  ack_deadline_seconds         = var.ack_deadline_seconds
  message_retention_duration   = "${local.week_seconds}s"
  enable_message_ordering      = var.ordered
  enable_exactly_once_delivery = var.exactly_once

  dynamic "push_config" {
    for_each = var.push == null ? [] : [var.push]

    content {
      push_endpoint = push_config.value.endpoint

      oidc_token {
        service_account_email = push_config.value.account
        audience              = push_config.value.endpoint
      }
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = var.attempts
  }

  expiration_policy {
    ttl = ""
  }

  # Without it Pub/Sub cannot put a message aside.
  depends_on = [google_pubsub_topic_iam_member.dead_letters]
}

resource "google_pubsub_subscription_iam_member" "reads" {
  for_each = merge({ pubsub = var.pubsub_agent }, { for member in var.members : member => member })

  project      = var.project_id
  subscription = google_pubsub_subscription.this.name
  role         = "roles/pubsub.subscriber"
  member       = each.value

  lifecycle {
    # Another filter or order makes another subscription, which forgets who might read the old one.
    replace_triggered_by = [google_pubsub_subscription.this.id]
  }
}

resource "google_pubsub_topic" "dead_letters" {
  project = var.project_id
  name    = "${var.name}-dead-letters"
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project_id
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = var.pubsub_agent
}

resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project_id
  name                       = google_pubsub_topic.dead_letters.name
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 600
  message_retention_duration = "${local.month_seconds}s"

  expiration_policy {
    ttl = ""
  }
}
