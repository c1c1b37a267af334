# One function with all that is its own: an account, its code, its environment, who may call it and what it may do.

resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = "attache-${var.name}"
  display_name = "Attaché ${var.name}"
  description  = var.description
}

locals {
  archive = "${var.build_folder}/${var.name}.zip"
  digest  = fileexists(local.archive) ? filesha256(local.archive) : "missing"

  # Google forms it from these parts, so it is known before the function exists and can stand in its own environment.
  url = "https://${var.name}-${var.project_number}.${var.region}.run.app"
}

resource "google_storage_bucket_object" "source" {
  bucket       = var.source_bucket
  name         = "${var.name}/${local.digest}.zip"
  source       = local.archive
  content_type = "application/zip"

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = local.digest != "missing"
      error_message = "${local.archive} is missing: run npm run build first."
    }
  }
}

resource "google_cloudfunctions2_function" "this" {
  project     = var.project_id
  location    = var.region
  name        = var.name
  description = var.description

  build_config {
    runtime = var.runtime
    # No hyphen is allowed here; the code registers under both names.
    entry_point       = replace(var.name, "-", "_")
    service_account   = var.build_account
    docker_repository = var.docker_repository

    # The archive is built: nothing is to be run in Google's build but `npm ci`.
    environment_variables = { GOOGLE_NODE_RUN_SCRIPTS = "" }

    source {
      storage_source {
        bucket = var.source_bucket
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.this.email
    ingress_settings                 = var.ingress
    available_cpu                    = "1"
    available_memory                 = var.scaling.memory
    max_instance_request_concurrency = var.scaling.concurrency
    min_instance_count               = var.scaling.min_instances
    max_instance_count               = var.scaling.max_instances
    timeout_seconds                  = var.scaling.timeout_seconds
    # Cloud Functions would turn it on, and the framework then takes each log line apart to add an id; ours carry the trace.
    environment_variables = merge({ LOG_EXECUTION_ID = "false" }, var.environment)

    dynamic "secret_environment_variables" {
      for_each = var.secrets

      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = secret_environment_variables.value.secret_id
        version    = secret_environment_variables.value.version
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

# On the Cloud Run service behind the function: a grant on the function itself does not let anybody in.
resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.value

  lifecycle {
    # A new service forgets who might call the old one.
    replace_triggered_by = [google_cloudfunctions2_function.this.id]
  }
}

resource "google_project_iam_member" "documents" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.this.member

  condition {
    title      = "only ${var.firestore_database}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore_database}\""
  }
}

resource "google_service_account_iam_member" "signs" {
  count = var.delegation == null ? 0 : 1

  service_account_id = "projects/${var.project_id}/serviceAccounts/${var.delegation.account}"
  role               = var.delegation.role
  member             = google_service_account.this.member
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = var.topics

  project = var.project_id
  topic   = each.value
  role    = "roles/pubsub.publisher"
  member  = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = var.secrets

  project   = var.project_id
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

resource "google_kms_crypto_key_iam_member" "seals" {
  count = var.crypto_key == null ? 0 : 1

  crypto_key_id = var.crypto_key.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = google_service_account.this.member
}
