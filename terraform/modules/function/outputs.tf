output "email" {
  description = "The address of the function's service account."
  value       = google_service_account.this.email
}

output "url" {
  description = "Where the function answers, once it is there and its callers are let in."
  value       = local.url

  depends_on = [google_cloudfunctions2_function.this, google_cloud_run_v2_service_iam_member.invoker]
}
