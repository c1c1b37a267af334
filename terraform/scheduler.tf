locals {
  jobs = merge([
    for name, function in local.functions : {
      for job, settings in function.jobs : job => merge(settings, { function = name })
    }
  ]...)
}

resource "google_cloud_scheduler_job" "this" {
  for_each = local.jobs

  project          = local.project_id
  region           = coalesce(var.scheduler_region, var.region)
  name             = "attache-${each.key}"
  description      = local.functions[each.value.function].description
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "${local.scaling_of[each.value.function].timeout_seconds}s"

  http_target {
    http_method = "POST"
    uri         = "${module.function[each.value.function].url}${each.value.path}"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = module.function[each.value.function].url
    }
  }

  retry_config {
    retry_count          = 2
    min_backoff_duration = "10s"
    max_backoff_duration = "60s"
  }
}
