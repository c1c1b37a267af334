locals {
  # What a function says in its log that somebody has to know. Each is a metric; message is the line's, word for word.
  # threshold: lines within the minutes that are still no alert; null is for the dashboard only.
  signals = {
    calendar_account_refused = {
      function  = "task-sync"
      message   = "calendar refused the account"
      title     = "Google Calendar refuses an account"
      threshold = 0
      minutes   = 5
      meaning   = "The consent behind a connection ended, or delegation was withdrawn. The connection is needsAuth until its user connects again; its tasks wait."
    }
    calendar_unreadable = {
      function  = "task-sync"
      message   = "calendar cannot be read"
      title     = "A calendar cannot be read"
      threshold = 5
      minutes   = 60
      meaning   = "Changes that people make in a calendar do not reach its tasks. GET /v1/connections shows which; the sweep tries again, less and less often."
    }
    channels_near_expiry = {
      function  = "task-sync"
      message   = "channel not renewed"
      title     = "Calendar channels are about to expire"
      threshold = 5
      minutes   = 60
      meaning   = "Channels that end within a day cannot be renewed; after that Google announces no changes, and calendars are only read by the sweep."
    }
    events_refused = {
      function  = "task-sync"
      message   = "event refused"
      title     = "Google Calendar refuses events"
      threshold = 5
      minutes   = 60
      meaning   = "Events of single tasks are refused for good, and rest until the task is changed. The line has the code."
    }
    mailboxes_lagging = {
      function  = "mailbox-sweep"
      message   = "mailboxes lag behind"
      title     = "Mailboxes lag behind"
      threshold = 2
      minutes   = 30
      meaning   = "For three sweeps in a row there have been mailboxes whose announced mail was not read within 15 minutes. GET /v1/status names them; look for throttling by Gmail and at the age of the oldest message of gmail-sync."
    }
    mailboxes_need_authorisation = {
      function  = "gmail-sync"
      message   = "mailbox needs authorisation"
      title     = "A mailbox needs authorisation"
      threshold = 0
      minutes   = 5
      meaning   = "Google refuses to act for the mailbox's user: delegation was withdrawn, or the user is suspended or gone. Check the Admin console against the output delegation; the mailbox comes back by itself within an hour, or at once by PUT /v1/mailboxes/{email}."
    }
    meetings_unsettled = {
      function  = "calendar-sweep"
      message   = "meeting not settled"
      title     = "Meetings cannot be settled"
      threshold = 10
      minutes   = 60
      meaning   = "Meetings whose creation, change or cancellation was cut off cannot be finished, because Google Calendar refuses or cannot be reached. Their times stay taken meanwhile; the line meeting not settled has the error."
    }
    messages_parked = {
      function  = "gmail-sync"
      message   = "message parked"
      title     = "A message was set aside"
      threshold = 0
      minutes   = 5
      meaning   = "One message failed five times while others of its mailbox went through. GET /v1/mailboxes/{email} names it; POST …:sync tries it again."
    }
    reconcile_found = {
      function  = "gmail-sync"
      message   = "reconcile found missed messages"
      title     = "Reconciling found missed messages"
      threshold = 0
      minutes   = 5
      meaning   = "Messages were delivered hours late, because neither a push nor the sweep brought them. This is expected never to happen: keep the log of that mailbox and look for what it was."
    }
    watch_near_expiry = {
      function  = "watch-renewal"
      message   = "watch expires soon"
      title     = "A Gmail watch is about to expire"
      threshold = 0
      minutes   = 15
      meaning   = "A watch could not be renewed and ends within two days; then Gmail sends no more pushes for the mailbox, and it is only read every QUIET_MINUTES. The line watch renewal failed says why."
    }
    watch_renewal_failed = {
      function  = "watch-renewal"
      message   = "watch renewal failed"
      title     = "Failed watch renewals"
      threshold = null
      minutes   = 15
      meaning   = ""
    }
  }


  alert_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  services       = join(", ", [for name in keys(local.functions) : "\"${name}\""])
  user_metric    = "logging.googleapis.com/user/attache"
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = local.project_id
  display_name = "Attaché: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
}

resource "google_logging_metric" "signal" {
  for_each = local.signals

  project     = local.project_id
  name        = "attache/${each.key}"
  description = each.value.title
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"${each.value.function}\"",
    "jsonPayload.message=\"${each.value.message}\"",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

# From the push that announced them to the events' being published.
resource "google_logging_metric" "delivery_lag" {
  project         = local.project_id
  name            = "attache/delivery_lag"
  description     = "Milliseconds from a push to its events"
  value_extractor = "EXTRACT(jsonPayload.lagMs)"
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"gmail-sync\"",
    "jsonPayload.message=\"events published\"",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 32
      growth_factor      = 1.6
      scale              = 10
    }
  }
}

# A policy on a metric that Monitoring does not know yet is refused.
resource "time_sleep" "metrics_spread" {
  create_duration = "90s"

  depends_on = [google_logging_metric.signal, google_logging_metric.delivery_lag]
}

resource "google_monitoring_alert_policy" "signal" {
  for_each = { for name, signal in local.signals : name => signal if signal.threshold != null }

  project               = local.project_id
  display_name          = "Attaché: ${each.value.title}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alert_channels

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"${local.user_metric}/${each.key}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = "0s"

      aggregations {
        alignment_period     = "${each.value.minutes * 60}s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = each.value.meaning
    mime_type = "text/markdown"
  }

  depends_on = [time_sleep.metrics_spread]
}

resource "google_monitoring_alert_policy" "dead_letters" {
  project               = local.project_id
  display_name          = "Attaché: dead letters"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alert_channels

  conditions {
    display_name = "A message was set aside by Pub/Sub"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in keys(google_pubsub_topic.dead_letters) : "\"${name}-dead-letters\""])}) AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "60s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A subscription has given up on a message. docs/deploy.md, “Dead letters”, says how to read it and send it again. Mail is not lost: the sweep reads its mailbox anyway."
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "oldest_message" {
  project               = local.project_id
  display_name          = "Attaché: messages wait too long"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.alert_channels

  conditions {
    display_name = "The oldest message of a subscription"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in concat(keys(local.function_subscriptions), keys(var.event_subscriptions)) : "\"${name}\""])}) AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "Whoever reads this subscription does not keep up, or fails. For gmail-sync: its errors, its instances against max_instances, and Gmail's quota (docs/scale.md). For an agent's subscription: the agent."
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "function_errors" {
  project               = local.project_id
  display_name          = "Attaché: functions fail"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alert_channels

  conditions {
    display_name = "Bugs: answers with 500"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(${local.services}) AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code = \"500\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
    }
  }

  conditions {
    display_name = "More than a fifth of the answers are 5xx"

    condition_threshold {
      filter             = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(${local.services}) AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""
      denominator_filter = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(${local.services}) AND metric.type = \"run.googleapis.com/request_count\""
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.2
      duration           = "900s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }

      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
    }
  }

  documentation {
    content   = "500 is a defect or a wrong configuration: the log entry has the stack or names the key. Many 503 are Google's or our own quota: Pub/Sub and Cloud Scheduler try again by themselves."
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "job_silent" {
  for_each = { for name, function in local.functions : name => function if length(function.jobs) > 0 }

  project               = local.project_id
  display_name          = "Attaché: ${each.key} does not run"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.alert_channels

  conditions {
    display_name = "No successful run of ${each.key}"

    condition_absent {
      filter   = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${each.key}\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"2xx\""
      duration = "${60 * min([for job in each.value.jobs : job.silent_minutes]...)}s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "Whatever was left undone waits for this function. Look at its job in Cloud Scheduler and at its log."
    mime_type = "text/markdown"
  }
}
