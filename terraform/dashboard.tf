locals {
  by_function     = "resource.type=\"cloud_run_revision\" resource.label.service_name=one_of(${local.services})"
  by_subscription = "resource.type=\"pubsub_subscription\" resource.label.subscription_id=one_of(${join(", ", [for name in local.subscriptions : "\"${name}\""])})"

  # One chart each: title, filters by their legends, how a series is aligned, how series are put together, and by what they
  # are told apart. A filter names one metric; that is all that Monitoring takes.
  charts = [
    ["From push to event, 95th percentile (ms)", { "" = "resource.type=\"cloud_run_revision\" metric.type=\"${local.user_metric}/delivery_lag\"" }, "ALIGN_PERCENTILE_95", "REDUCE_MAX", ""],
    ["Oldest waiting message (s)", { "" = "${local.by_subscription} metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\"" }, "ALIGN_MAX", "REDUCE_MAX", "resource.label.subscription_id"],
    ["Dead letters waiting", { "" = "resource.type=\"pubsub_subscription\" resource.label.subscription_id=monitoring.regex.full_match(\".*-dead-letters\") metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\"" }, "ALIGN_MAX", "REDUCE_SUM", "resource.label.subscription_id"],
    ["Requests a second", { "" = "${local.by_function} metric.type=\"run.googleapis.com/request_count\"" }, "ALIGN_RATE", "REDUCE_SUM", "resource.label.service_name"],
    ["Answers with 5xx a second", { "" = "${local.by_function} metric.type=\"run.googleapis.com/request_count\" metric.label.response_code_class=\"5xx\"" }, "ALIGN_RATE", "REDUCE_SUM", "resource.label.service_name"],
    ["Duration, 95th percentile (ms)", { "" = "${local.by_function} metric.type=\"run.googleapis.com/request_latencies\"" }, "ALIGN_PERCENTILE_95", "REDUCE_MAX", "resource.label.service_name"],
    ["Instances", { "" = "${local.by_function} metric.type=\"run.googleapis.com/container/instance_count\"" }, "ALIGN_MAX", "REDUCE_SUM", "resource.label.service_name"],
    ["Memory, 99th percentile (share)", { "" = "${local.by_function} metric.type=\"run.googleapis.com/container/memory/utilizations\"" }, "ALIGN_PERCENTILE_99", "REDUCE_MAX", "resource.label.service_name"],
    ["Documents written a second", { "" = "resource.type=\"firestore.googleapis.com/Database\" metric.type=\"firestore.googleapis.com/document/write_ops_count\"" }, "ALIGN_RATE", "REDUCE_SUM", "metric.label.op"],
    ["Signals in the log", { for name, signal in local.signals : signal.title => "resource.type=\"cloud_run_revision\" metric.type=\"${local.user_metric}/${name}\"" }, "ALIGN_DELTA", "REDUCE_SUM", ""],
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = local.project_id

  dashboard_json = jsonencode({
    displayName = "Attaché"
    mosaicLayout = {
      columns = 12
      tiles = [
        for position, chart in local.charts : {
          xPos   = position % 2 * 6
          yPos   = floor(position / 2) * 4
          width  = 6
          height = 4
          widget = {
            title = chart[0]
            xyChart = {
              dataSets = [
                for legend, filter in chart[1] : merge({ for text in compact([legend]) : "legendTemplate" => text }, {
                  plotType = "LINE"
                  timeSeriesQuery = {
                    timeSeriesFilter = {
                      filter = filter
                      aggregation = {
                        alignmentPeriod    = "300s"
                        perSeriesAligner   = chart[2]
                        crossSeriesReducer = chart[3]
                        groupByFields      = compact([chart[4]])
                      }
                    }
                  }
                })
              ]
            }
          }
        }
      ]
    }
  })

  depends_on = [time_sleep.metrics_spread]
}
