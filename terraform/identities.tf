# Who is who. Functions' own accounts and what they may do are in modules/function.

# ── Acting for users ──────────────────────────────────────────────────────────────────────────────────────────────

locals {
  # One account for each set of scopes: whoever may sign as it can be any user of the domain, with these scopes and no others.
  # The scopes are those of shared/google/gmail.ts, calendar.ts and sync-calendar.ts, in the same order.
  delegations = {
    gmail = ["https://www.googleapis.com/auth/gmail.readonly"]
    availability = [
      "https://www.googleapis.com/auth/calendar.freebusy",
      "https://www.googleapis.com/auth/calendar.calendars.readonly",
    ]
    meetings = [
      "https://www.googleapis.com/auth/calendar.freebusy",
      "https://www.googleapis.com/auth/calendar.calendars.readonly",
      "https://www.googleapis.com/auth/calendar.events",
    ]
    sync = [
      "https://www.googleapis.com/auth/calendar.calendars.readonly",
      "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
      "https://www.googleapis.com/auth/calendar.events",
    ]
  }

  delegated = { for name, account in google_service_account.delegated : name => account.email }

  # Both are known while planning, so that a plan shows every grant in full.
  jwt_signer   = "projects/${local.project_id}/roles/${google_project_iam_custom_role.jwt_signer.role_id}"
  pubsub_agent = "serviceAccount:service-${local.project_number}@gcp-sa-${trimsuffix(google_project_service_identity.pubsub.service, ".googleapis.com")}.iam.gserviceaccount.com"
}

resource "google_service_account" "delegated" {
  for_each = local.delegations

  project      = local.project_id
  account_id   = "attache-delegated-${each.key}"
  display_name = "Attaché for users, ${each.key}"
  description  = "Has domain-wide delegation and no role. Functions sign as it to act for a user."
}

# Token Creator would also let them mint the account's own tokens and keys of other kinds.
resource "google_project_iam_custom_role" "jwt_signer" {
  project     = local.project_id
  role_id     = "attacheJwtSigner"
  title       = "Attaché: sign a JWT as a service account"
  description = "What domain-wide delegation without keys needs, and nothing else."
  permissions = ["iam.serviceAccounts.signJwt"]
}

# Every signature says in the audit log which function was which user.
resource "google_project_iam_audit_config" "signatures" {
  count = var.audit_delegation ? 1 : 0

  project = local.project_id
  service = "iamcredentials.googleapis.com"

  # Google has counted signing among both.
  dynamic "audit_log_config" {
    for_each = ["ADMIN_READ", "DATA_READ"]

    content {
      log_type = audit_log_config.value
    }
  }
}

# ── Calling functions ─────────────────────────────────────────────────────────────────────────────────────────────

resource "google_service_account" "push" {
  project      = local.project_id
  account_id   = "attache-push"
  display_name = "Attaché push subscriptions"
  description  = "Pub/Sub calls the functions behind push subscriptions as this account."
}

# Agents' endpoints see tokens of an account that may call nothing of ours.
resource "google_service_account" "agent_push" {
  project      = local.project_id
  account_id   = "attache-agent-push"
  display_name = "Attaché events for agents"
  description  = "Pub/Sub calls agents' own endpoints as this account."
}

resource "google_service_account" "scheduler" {
  project      = local.project_id
  account_id   = "attache-scheduler"
  display_name = "Attaché scheduler"
  description  = "Cloud Scheduler calls the functions' jobs as this account."
}

# Pub/Sub's own account, which exists only once somebody has asked for it.
resource "google_project_service_identity" "pubsub" {
  provider = google-beta

  project = local.project_id
  service = "pubsub.googleapis.com"
}

resource "google_service_account_iam_member" "pubsub_signs_in" {
  for_each = { push = google_service_account.push.email, agent_push = google_service_account.agent_push.email }

  service_account_id = "projects/${local.project_id}/serviceAccounts/${each.value}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent
}

# ── Building functions ────────────────────────────────────────────────────────────────────────────────────────────

resource "google_service_account" "build" {
  project      = local.project_id
  account_id   = "attache-build"
  display_name = "Attaché build"
  description  = "Google's build makes the functions' images as this account."
}

resource "google_project_iam_member" "build_logs" {
  project = local.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

# Cloud Functions copies each archive into a bucket of its own, which the build reads.
resource "google_project_iam_member" "build_sources" {
  project = local.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "only sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${local.project_number}-${var.region}\")"
  }
}

resource "google_storage_bucket_iam_member" "build_archives" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build_images" {
  project    = local.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# Grants take up to a minute to be known everywhere; a build that starts earlier fails.
resource "time_sleep" "grants_spread" {
  create_duration = "60s"

  depends_on = [
    google_artifact_registry_repository_iam_member.build_images,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_sources,
    google_storage_bucket_iam_member.build_archives,
  ]
}
