locals {
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

# Cloud Scheduler's own account of each call, so that one failing job is seen among others of its function.
resource "google_logging_metric" "job_failures" {
  project     = local.project_id
  name        = "attache/job_failures"
  description = "Calls of a job that failed, retries included"
  filter      = "resource.type=\"cloud_scheduler_job\" AND resource.labels.job_id:\"attache-\" AND severity>=ERROR"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

# A policy on a metric that Monitoring does not know yet is refused.
resource "time_sleep" "metrics_spread" {
  create_duration = "90s"

  depends_on = [google_logging_metric.signal, google_logging_metric.delivery_lag, google_logging_metric.job_failures]
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
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in local.subscriptions : "\"${name}-dead-letters\""])}) AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
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
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in local.subscriptions : "\"${name}\""])}) AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
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

resource "google_monitoring_alert_policy" "job_failures" {
  project               = local.project_id
  display_name          = "Attaché: a scheduled job fails"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alert_channels

  conditions {
    display_name = "Failed three times within half an hour"

    condition_threshold {
      filter          = "resource.type = \"cloud_scheduler_job\" AND metric.type = \"${local.user_metric}/job_failures\""
      comparison      = "COMPARISON_GT"
      threshold_value = 2
      duration        = "0s"

      aggregations {
        alignment_period     = "1800s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.job_id"]
      }
    }
  }

  documentation {
    content   = "The function behind the job answers with an error; its log at that time says which. Other jobs may be well."
    mime_type = "text/markdown"
  }

  depends_on = [time_sleep.metrics_spread]
}
